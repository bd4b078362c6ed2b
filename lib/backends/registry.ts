/** Every backend by its name: the only place that knows the names. */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { Backend } from "../effects/backend.js";
import { type SchedulerMeans, slurm } from "../scheduler/scheduler.js";
import { isOnPath } from "../system/processes/which.js";
import { dummy } from "./dummy.js";
import type { BackendModule } from "./module.js";
import { simulated } from "./simulated/simulated.js";
import { parseSimulation } from "./simulated/specification.js";

/** Where jobs go, as the library and the command line name it. */
export interface BackendChoice {
  /** `dummy` runs jobs on this machine. A module has its backend made with what it may need. */
  readonly backend?: "dummy" | "slurm" | Backend | BackendModule;
  /** Jobs only take time, and may fail: `time=1..5s fail=0.1 seed=1`. No backend is asked. */
  readonly simulate?: string;
}

export const backendOf = ({ backend = "slurm", simulate }: BackendChoice, means: SchedulerMeans): Backend => {
  if (simulate !== undefined) return simulated(parseSimulation(simulate), SIMULATED);
  if (typeof backend === "object" && "submit$" in backend) return backend;
  return backend === "dummy" ? dummy(means) : slurm(means);
};

const SIMULATED = "simulated";

/** The name of that backend, known before it is made. */
export const backendName = ({ backend = "slurm", simulate }: BackendChoice): string => {
  if (simulate !== undefined) return SIMULATED;
  return typeof backend === "object" ? backend.name : backend;
};

/** The configuration is fine, but there is nothing here that its jobs could be handed to. */
export const backendMissing = (file: string, { backend = "slurm", simulate }: BackendChoice): readonly Diagnostic[] =>
  simulate === undefined && backend === "slurm" && !isOnPath("sbatch")
    ? [{ severity: "error", code: "no-backend", message: NO_SLURM, file }]
    : [];
const NO_SLURM =
  "there is no sbatch here: load your site's module, or log in where Slurm is; or name `dummy` to run the jobs on this machine, or --simulate to only play them";
