/** Every backend by its name: the only place that knows which there are. */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { Backend } from "../effects/backend.js";
import type { Dialect } from "../scheduler/dialect.js";
import type { ProbeResult } from "../scheduler/doctor/probe.js";
import { type SchedulerMeans, scheduler } from "../scheduler/scheduler.js";
import { isOnPath } from "../system/processes/which.js";
import { dummy } from "./dummy.js";
import { GRID_ENGINE } from "./gridengine/dialect.js";
import { checkGridEngine } from "./gridengine/doctor.js";
import { type BackendMeans, type BackendModule, openBackend } from "./module.js";
import { type BackendName, backendNamed, DEFAULT_BACKEND } from "./names.js";
import { simulated } from "./simulated/simulated.js";
import { parseSimulation } from "./simulated/specification.js";
import { SLURM } from "./slurm/dialect.js";
import { checkSlurm } from "./slurm/doctor.js";

/** Where jobs go, as the library and the command line name it. */
export interface BackendChoice {
  /** `dummy` runs jobs on this machine. A module opens its own backend. */
  readonly backend?: BackendName | Backend | BackendModule;
  /** Jobs only take time, and may fail: `time=1..5s fail=0.1 seed=1`. No backend is asked. */
  readonly simulate?: string;
}

/** How a named backend is used. */
interface BackendEntry {
  /** What is missing here, in a sentence with what to do; undefined if the backend can be used. */
  missing(need: Need): string | undefined;
  open(means: SchedulerMeans): Backend;
  /** What `model_ensemble_check` finds out beside what every backend needs. */
  doctor(directory: string, patience_s: number): Promise<readonly ProbeResult[]>;
}

/** What a backend is to be used for. */
type Need = "submit" | "cancel";

type Doctor = BackendEntry["doctor"];

const ofScheduler = (dialect: Dialect, doctor: Doctor): BackendEntry => ({
  missing: (need) => {
    const { submit, queue, cancel } = dialect.programs;
    const program = (need === "submit" ? [submit] : [queue, cancel]).find((name) => !isOnPath(name));
    if (program === undefined) return undefined;
    return `there is no ${program} here: load your site's module, or log in where ${dialect.title} is`;
  },
  open: (means) => scheduler(dialect, means),
  doctor,
});

const ENTRIES: Readonly<Record<BackendName, BackendEntry>> = {
  slurm: ofScheduler(SLURM, checkSlurm),
  gridengine: ofScheduler(GRID_ENGINE, checkGridEngine),
  dummy: { missing: () => undefined, open: dummy, doctor: () => Promise.resolve([]) },
};

/** The name in the journal of jobs that are only simulated. */
export const SIMULATED = "simulated";

/** The name of the chosen backend, known before it is opened. */
export const backendName = ({ backend = DEFAULT_BACKEND, simulate }: BackendChoice): string => {
  if (simulate !== undefined) return SIMULATED;
  return typeof backend === "object" ? backend.name : backend;
};

/** Whether the backend executes the job file itself: then the file must be executable. A scheduler reads it. */
export const executesJobFile = (choice: BackendChoice): boolean => backendName(choice) === "dummy";

/** Opens the chosen backend. Emits one; fails with a `RangeError`, in a sentence, where it cannot be opened. */
export const openChosen = async (
  { backend = DEFAULT_BACKEND, simulate }: BackendChoice,
  means: SchedulerMeans & Pick<BackendMeans, "directory" | "settings">,
): Promise<Backend> => {
  if (simulate !== undefined) return simulated(parseSimulation(simulate), SIMULATED);
  if (typeof backend === "string") return ENTRIES[backend].open(means);
  return "open" in backend ? openBackend(backend, means) : backend;
};

/** Why jobs cannot be submitted from here, though the configuration is fine. */
export const backendMissing = (file: string, choice: BackendChoice): readonly Diagnostic[] => {
  const { backend = DEFAULT_BACKEND, simulate } = choice;
  if (simulate !== undefined || typeof backend !== "string") return [];
  const missing = ENTRIES[backend].missing("submit");
  if (missing === undefined) return [];
  const message = `${missing}; or name \`dummy\` to run the jobs on this machine, or --simulate to only simulate them`;
  return [{ severity: "error", code: "no-backend", message, file }];
};

/** What `model_ensemble_check` finds out about a backend. */
export const probeBackend: (name: BackendName, ...where: Parameters<Doctor>) => Promise<readonly ProbeResult[]> = (
  name,
  ...where
) => ENTRIES[name].doctor(...where);

/** Cancels jobs of one backend, by its name in the journal. */
export type Canceller = NonNullable<Backend["cancel$"]>;

interface CancelMeans {
  /** The user's own backend. */
  readonly module: BackendModule | undefined;
  /** Whether there are jobs to cancel, and so programs needed that cancel them. */
  readonly needed: boolean;
  readonly means: SchedulerMeans & Pick<BackendMeans, "directory" | "settings">;
}

/** What cancels the jobs of a backend, or why they cannot be cancelled from here. */
export const cancellerOf = async (
  name: string,
  { module, needed, means }: CancelMeans,
): Promise<Canceller | { readonly refused: string }> => {
  const known = backendNamed(name);
  if (known === undefined && name === SIMULATED) return { refused: "its jobs are only simulated" };
  if (known === undefined && module?.name !== name)
    return { refused: `name the module of the backend ${name} with --backend <file.js>` };
  if (known?.queues === false) return { refused: ON_THIS_MACHINE };
  const missing = known === undefined || !needed ? undefined : ENTRIES[known.name].missing("cancel");
  if (missing !== undefined) return { refused: missing };
  const backend = await openChosen({ backend: known?.name ?? (module as BackendModule) }, means);
  return backend.cancel$ ?? { refused: `the backend ${name} cannot cancel jobs: its module has no \`cancel$\`` };
};

const ON_THIS_MACHINE = "jobs on this machine are ended by pressing Ctrl-C twice where the ensemble runs";
