/** Ensembles for a real Slurm. */
import { expect } from "vitest";
import { type EnsembleJobs, endsIn, ensembleIn, eventsIn, PATIENCE, QUICK } from "../support/runs.js";
import { type Cluster, runProgram } from "./cluster.js";

export { countsIn, endsIn, eventsIn, many, once, PATIENCE, QUICK } from "../support/runs.js";

const WORDS = { name: "#SBATCH --job-name={{ run.id }}", id: "$SLURM_JOB_ID" };

/** A directory of the tester's with an ensemble of one batch, `tst`. */
export const ensembleOf = (cluster: Cluster, jobs: EnsembleJobs): string => ensembleIn(cluster, WORDS, jobs);

/** The id of a run's job, once the queue shows the job in one of these states. */
export const jobOf = async ({ squeue }: Cluster, run: string, ...states: readonly string[]): Promise<string> => {
  let found = "";
  await expect
    .poll(async () => (found = await squeue("-h", "-n", run, "-t", states.join(","), "-o", "%i")), PATIENCE)
    .toMatch(/^\d+$/);
  return found;
};

/** Runs the ensemble in a directory to its end. */
export const runEnsemble = async (cluster: Cluster, directory: string, ...words: readonly string[]) => {
  const ended = await runProgram(cluster, [...QUICK, "ensemble.yaml", "--json", ...words], { directory });
  const events = eventsIn(ended.stdout);
  return { ...ended, events, ends: endsIn(events) };
};
