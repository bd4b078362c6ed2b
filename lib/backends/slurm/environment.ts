/** The environment of Slurm's commands: without what would make them do or say something else than they were asked. */
import type { Environment } from "../../system/processes/exec.js";

/** Each has a family of variables that stand for its options (sbatch(1), squeue(1) … "INPUT ENVIRONMENT VARIABLES"). */
const STEERING = /^(SLURM|SLURMD|SBATCH|SALLOC|SRUN|SQUEUE|SACCT|SCANCEL|SCONTROL|SINFO|PMI|PMIX|PMI2)_/;

/** Where Slurm itself is: without these, none of its commands would find it. */
const NEEDED = new Set(["SLURM_CONF", "SLURM_CONF_SERVER", "SLURM_JWT"]);

/** What a command is started in, and the names of what was left out, in order. */
export interface Scrubbed {
  readonly environment: Environment;
  readonly removed: readonly string[];
}

/**
 * A login script or a module may set `SBATCH_PARTITION` or `SQUEUE_STATES`, and a program that is itself a job has some
 * forty variables of that job: sbatch would take them for what the user wants, and squeue would hide jobs by them.
 */
export const scrubbed = (environment: Environment): Scrubbed => {
  const removed = Object.keys(environment)
    .filter((name) => STEERING.test(name) && !NEEDED.has(name))
    .sort();
  const left = Object.entries(environment).filter(([name]) => !removed.includes(name));
  return { environment: Object.fromEntries(left), removed };
};

/**
 * For commands whose output is read: in English, with times as they are known here. sbatch is not started in it, for
 * what it is started in is what the job gets; it has no translations.
 */
export const readable = (environment: Environment): Environment => ({
  ...environment,
  LC_ALL: "C",
  LANGUAGE: "C",
  SLURM_TIME_FORMAT: "standard",
});
