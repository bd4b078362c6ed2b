/** Ensembles for a real cluster. Each job itself adds a line to a file of its run, by which specs count its executions. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Event } from "../../lib/index.js";
import { directoryWith } from "../support/program.js";
import { type Cluster, runProgram } from "./cluster.js";

/** How long a spec waits for Slurm. */
export const PATIENCE = { timeout: 60_000, interval: 200 };

/** Options with which the program polls as often as it can. */
export const QUICK: readonly string[] = ["-ms", "0", "-ct", "1", "-st", "1", "-rt", "1", "-et", "1"];

export interface EnsembleJobs {
  /** Variables of each run. */
  readonly runs: readonly string[];
  /** Lines of the job script, a template, after the line that counts. */
  readonly job: string;
  /** More lines of its header. */
  readonly header?: string;
  /** More keys of the batch. */
  readonly keys?: readonly string[];
  readonly maxjobs?: number;
  /** By default bash. */
  readonly shebang?: string;
}

/** A directory of the tester's with an ensemble of one batch, `tst`. */
export const ensembleOf = (
  cluster: Cluster,
  { runs, job, header = "", keys = [], maxjobs = 50, shebang = "#!/bin/bash" }: EnsembleJobs,
): string =>
  cluster.give(
    directoryWith({
      "ensemble.yaml": [
        "ensemble:",
        "  batches:",
        "    - name: tst",
        "      basedir: runs",
        "      templatedir: ../template",
        "      templates: [job.sh.liquid]",
        "      job_file: job.sh",
        ...["maxruns: 100", `maxjobs: ${maxjobs}`, ...keys].map((key) => `      ${key}`),
        "      runs:",
        ...runs.map((run) => `        - ${run}`),
        "",
      ].join("\n"),
      "template/job.sh.liquid": [
        shebang,
        "#SBATCH --job-name={{ run.id }}",
        ...(header === "" ? [] : [header]),
        'echo "$SLURM_JOB_ID" >> "../../counts/{{ run.id }}"',
        job,
        "",
      ].join("\n"),
      "counts/.keep": "",
    }),
  );

/** So many runs, whose variable `x` is their number. */
export const many = (count: number): readonly string[] => Array.from({ length: count }, (_, x) => `{x: ${x}}`);

/** How often each run was executed. */
export const countsIn = (directory: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    readdirSync(join(directory, "counts"))
      .filter((name) => !name.startsWith("."))
      .map((name) => [name, readFileSync(join(directory, "counts", name), "utf8").split("\n").length - 1]),
  );

/** The counts of so many runs that were executed once each. */
export const once = (count: number): Readonly<Record<string, number>> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`tst-${index}`, 1]));

export const eventsIn = (stdout: string): readonly Event[] =>
  stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Event);

/** How each run ended: `ok`, or the cause of its failure. */
export const endsIn = (events: readonly Event[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    events.flatMap((event) => {
      if (event.type !== "run.finished") return [];
      if (event.ok) return [[event.run, "ok"]];
      const { failure } = event;
      return [[event.run, failure.reason === "job" ? failure.cause : failure.reason]];
    }),
  );

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
