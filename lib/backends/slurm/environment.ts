/** The environment of Slurm's programs, without the variables that would steer them. */
import type { Environments } from "../../scheduler/dialect.js";
import type { Environment } from "../../system/processes/exec.js";

/** Each program has a family of variables that stand for its options (sbatch(1), squeue(1) … "INPUT ENVIRONMENT VARIABLES"). */
const STEERING = /^(SLURM|SLURMD|SBATCH|SALLOC|SRUN|SQUEUE|SACCT|SCANCEL|SCONTROL|SINFO|PMI|PMIX|PMI2)_/;

/** Where Slurm itself is: without these, none of its programs would find it. */
const NEEDED = new Set(["SLURM_CONF", "SLURM_CONF_SERVER", "SLURM_JWT"]);

/**
 * A login script or a module may set `SBATCH_PARTITION` or `SQUEUE_STATES`, and a program that is itself a job has some
 * forty variables of that job: sbatch would take them for the user's wishes, and squeue would hide jobs by them.
 */
export const environments = (own: Environment): Environments => {
  const removed = Object.keys(own)
    .filter((name) => STEERING.test(name) && !NEEDED.has(name))
    .sort();
  const environment = Object.fromEntries(Object.entries(own).filter(([name]) => !removed.includes(name)));
  // Not for sbatch, whose environment the job inherits, and which has no translations.
  const readable = { ...environment, LC_ALL: "C", LANGUAGE: "C", SLURM_TIME_FORMAT: "standard" };
  return { environment, readable, removed };
};
