/** Ensembles for a real Grid Engine. */
import { expect } from "vitest";
import { runProgram, startProgram } from "../support/cluster.js";
import type { ObservedProcess } from "../support/observed-process.js";
import { type EnsembleJobs, endsIn, ensembleIn, eventsIn, PATIENCE, QUICK } from "../support/runs.js";
import type { Cluster } from "./cluster.js";

/** Whether to try everything, and often, instead of a sample. */
export const ALL = process.env["GRIDENGINE"] === "all";

const WORDS = { name: "#$ -N {{ run.id }}", id: "$JOB_ID" };

/** A directory of the tester's with an ensemble of one batch, `tst`. */
export const ensembleOf = (cluster: Cluster, jobs: EnsembleJobs): string => ensembleIn(cluster, WORDS, jobs);

const COMMAND = [...QUICK, "ensemble.yaml", "gridengine", "--json"];

export const start = (cluster: Cluster, directory: string, ...words: readonly string[]): ObservedProcess =>
  startProgram(cluster, [...COMMAND, ...words], { directory });

/** Runs an ensemble to its end. */
export const run = async (cluster: Cluster, directory: string, ...words: readonly string[]) => {
  const ended = await runProgram(cluster, [...COMMAND, ...words], { directory });
  const events = eventsIn(ended.stdout);
  return { ...ended, events, ends: endsIn(events) };
};

/** The job of a run, by its name, once the queue shows it in a state. */
export const jobOf = async ({ qstat }: Cluster, name: string, state: RegExp): Promise<string> => {
  let found = "";
  await expect
    .poll(async () => {
      const entries = (await qstat("-xml")).split("<job_list").filter((entry) => entry.includes(`>${name}<`));
      const entry = entries.find((one) => state.test(/<state>(.*)<\/state>/.exec(one)?.[1] ?? ""));
      return (found = /<JB_job_number>(\d+)</.exec(entry ?? "")?.[1] ?? "");
    }, PATIENCE)
    .toMatch(/^\d+$/);
  return found;
};

export const pause = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));
