/** Simulations of one job on a virtual Slurm. */
import { SLURM } from "../../lib/backends/slurm/dialect.js";
import type { Dialect } from "../../lib/scheduler/dialect.js";
import { type AccountRecord, accountingAnswer, type QueuedJob } from "./slurm-answers.js";
import { markOf, simulate, type VirtualSlurm } from "./virtual-slurm.js";

export interface SimulatedJob {
  readonly script?: string;
  /** For how long the job is simulated; by default 50 minutes. */
  readonly seconds?: number;
  /** What accounting shows of the job from the start; by default the site keeps no accounts. */
  readonly account?: AccountRecord;
  readonly dialect?: Dialect;
}

/** Simulates one job, which is submitted in the first second. `job` is its row in the queue. */
export const simulateJob = (
  act: (slurm: VirtualSlurm, job: () => QueuedJob) => void,
  { script = "job.sh", seconds = 3000, account, dialect = SLURM }: SimulatedJob = {},
): VirtualSlurm =>
  simulate(
    seconds,
    (slurm) => {
      slurm.submit(slurm.request({ script }));
      if (account !== undefined) {
        const line = `sbatch --comment=me:${markOf(slurm, "1.job-1")} job.sh`;
        slurm.sacct = () => accountingAnswer({ line, ...account });
      }
      act(slurm, () => {
        const [job] = slurm.jobs;
        if (job === undefined) throw new Error("there is no job");
        return job;
      });
    },
    dialect,
  );

/** Simulates one job that is submitted by such an sbatch. */
export const simulateSubmission = (
  seconds: number,
  sbatch: VirtualSlurm["sbatch"],
  act: (slurm: VirtualSlurm) => void = () => undefined,
): VirtualSlurm =>
  simulate(seconds, (slurm) => {
    slurm.sbatch = sbatch;
    act(slurm);
    slurm.submit();
  });

/** The queue forgets all jobs in that second. */
export const emptyQueue = (slurm: VirtualSlurm, at = 100): void => slurm.at(at, () => void slurm.jobs.splice(0));
