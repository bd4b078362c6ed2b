/** Every backend by its name: the only place that knows which there are. */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { Backend } from "../effects/backend.js";
import type { Dialect } from "../scheduler/dialect.js";
import type { ProbeResult } from "../scheduler/doctor/probe.js";
import { trialJob } from "../scheduler/doctor/trial-job.js";
import { type SchedulerMeans, scheduler } from "../scheduler/scheduler.js";
import { isOnPath } from "../system/processes/which.js";
import { blamed } from "./dialect-error.js";
import { checkDialect } from "./dialect-members.js";
import { dummy } from "./dummy.js";
import { type BackendMeans, openBackend } from "./foreign.js";
import { GRID_ENGINE } from "./gridengine/dialect.js";
import { checkGridEngine } from "./gridengine/doctor.js";
import { type BackendModule, type DialectModule, moduleName } from "./module.js";
import { type BackendName, backendNamed, DEFAULT_BACKEND, SIMULATED } from "./names.js";
import { simulated } from "./simulated/simulated.js";
import { parseSimulation } from "./simulated/specification.js";
import { SLURM } from "./slurm/dialect.js";
import { checkSlurm } from "./slurm/doctor.js";

/** Where jobs go, as the library and the command line name it. */
export interface BackendChoice {
  /** `dummy` runs jobs on this machine. A module is a backend of the user's own. */
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
  missing: (need) => missingProgram(dialect, need),
  open: (means) => scheduler(dialect, means),
  doctor,
});

const missingProgram = ({ programs, title }: Dialect, need: Need): string | undefined => {
  const { submit, queue, cancel } = programs;
  const program = (need === "submit" ? [submit] : [queue, cancel]).find((name) => !isOnPath(name));
  if (program === undefined) return undefined;
  return `there is no ${program} here: load your site's module, or log in where ${title} is`;
};

const ENTRIES: Readonly<Record<BackendName, BackendEntry>> = {
  slurm: ofScheduler(SLURM, checkSlurm),
  gridengine: ofScheduler(GRID_ENGINE, checkGridEngine),
  dummy: { missing: () => undefined, open: dummy, doctor: () => Promise.resolve([]) },
};

/** The name of the chosen backend, known before it is opened. */
export const backendName = ({ backend = DEFAULT_BACKEND, simulate }: BackendChoice): string => {
  if (simulate !== undefined) return SIMULATED;
  if (typeof backend === "string") return backend;
  return "dialect" in backend ? moduleName(backend) : backend.name;
};

/** Whether the backend executes the job file itself: then the file must be executable. A scheduler reads it. */
export const executesJobFile = (choice: BackendChoice): boolean => backendName(choice) === "dummy";

/** Whether jobs wait in a queue that outlives the program. Those of a module may. */
export const queuesJobs = (choice: BackendChoice): boolean => {
  const name = backendName(choice);
  return name !== SIMULATED && (backendNamed(name)?.queues ?? true);
};

/** Opens the chosen backend. Rejects with a `RangeError`, whose message is a sentence, if it cannot be opened. */
export const openChosen = async (
  { backend = DEFAULT_BACKEND, simulate }: BackendChoice,
  means: SchedulerMeans & Pick<BackendMeans, "directory" | "settings">,
): Promise<Backend> => {
  if (simulate !== undefined) return simulated(parseSimulation(simulate), SIMULATED);
  if (typeof backend === "string") return ENTRIES[backend].open(means);
  if ("open" in backend) return openBackend(backend, means);
  return "dialect" in backend ? scheduler(dialectOf(backend), means) : backend;
};

/** A caller of the library may give a module that `loadBackend` has not checked. */
const dialectOf = ({ dialect }: DialectModule): Dialect => blamed(checkDialect(dialect, "the backend"));

/** What is missing here of a backend, in a sentence with what to do. A module that opens its own backend finds out itself. */
const missingHere = (backend: NonNullable<BackendChoice["backend"]>, need: Need): string | undefined => {
  if (typeof backend === "string") return ENTRIES[backend].missing(need);
  return "dialect" in backend ? missingProgram(dialectOf(backend), need) : undefined;
};

/** Why jobs cannot be submitted from here, though the configuration is fine. */
export const backendMissing = (file: string, choice: BackendChoice): readonly Diagnostic[] => {
  const { backend = DEFAULT_BACKEND, simulate } = choice;
  if (simulate !== undefined) return [];
  const missing = missingHere(backend, "submit");
  if (missing === undefined) return [];
  const message = `${missing}; or name \`dummy\` to run the jobs on this machine, or --simulate to only simulate them`;
  return [{ severity: "error", code: "no-backend", message, file }];
};

/** What `model_ensemble_check` finds out about a backend. A module that opens its own backend tells nothing. */
export const probeBackend = async (
  backend: BackendName | BackendModule,
  ...where: Parameters<Doctor>
): Promise<readonly ProbeResult[]> => {
  if (typeof backend === "string") return ENTRIES[backend].doctor(...where);
  return "dialect" in backend ? checkModule(dialectOf(backend), ...where) : [];
};

/** Without its programs, a scheduler gets no trial job. */
const checkModule = async (dialect: Dialect, ...where: Parameters<Doctor>): Promise<readonly ProbeResult[]> => {
  const programs = [...new Set(Object.values(dialect.programs))].map((what): ProbeResult => {
    if (isOnPath(what)) return { what, ok: true, detail: "it is there" };
    return { what, ok: false, detail: `not there; load your site's module, or log in where ${dialect.title} is` };
  });
  return programs.every(({ ok }) => ok) ? [...programs, await trialJob(dialect, ...where)] : programs;
};

/** Cancels jobs of one backend. */
export type Canceller = NonNullable<Backend["cancel$"]>;

interface CancelMeans {
  /** The user's own backend. */
  readonly module: BackendModule | undefined;
  /** Whether there are jobs to cancel: then the programs that cancel them must be here. */
  readonly needed: boolean;
  readonly means: SchedulerMeans & Pick<BackendMeans, "directory" | "settings">;
}

export interface CannotCancel {
  readonly refused: string;
  /** Whether its jobs may go on in a scheduler's queue. */
  readonly queues: boolean;
}

/** The canceller of a backend, or why its jobs cannot be cancelled from here. `name`: as in the journal. */
export const cancellerOf = async (
  name: string,
  { module, needed, means }: CancelMeans,
): Promise<Canceller | CannotCancel> => {
  const known = backendNamed(name);
  if (name === SIMULATED) return { refused: "its jobs are only simulated", queues: false };
  if (known?.queues === false) return { refused: ON_THIS_MACHINE, queues: false };
  const chosen = known?.name ?? (module !== undefined && moduleName(module) === name ? module : undefined);
  if (chosen === undefined)
    return { refused: `name the module of the backend ${name} with --backend <file.js>`, queues: true };
  const missing = needed ? missingHere(chosen, "cancel") : undefined;
  if (missing !== undefined) return { refused: missing, queues: true };
  const backend = await openChosen({ backend: chosen }, means);
  const refused = `the backend ${name} cannot cancel jobs: its module has no \`cancel$\``;
  return backend.cancel$ ?? { refused, queues: true };
};

const ON_THIS_MACHINE = "jobs on this machine are ended by pressing Ctrl-C twice where the ensemble runs";
