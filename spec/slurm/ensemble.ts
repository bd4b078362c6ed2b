/** Ensembles for a real cluster, and what their jobs leave behind: each adds a line to a file of its run, and no program has a hand in that. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Event } from "../../lib/index.js";
import { directoryWith } from "../support/program.js";
import type { Cluster } from "./cluster.js";

/** As often as can be. */
export const QUICK: readonly string[] = ["-ms", "0", "-ct", "1", "-st", "1", "-rt", "1", "-et", "1"];

export interface Jobs {
  /** Variables of each run. */
  readonly runs: readonly string[];
  /** Lines of the job script after those that count: a template. */
  readonly job: string;
  /** More lines of its header. */
  readonly header?: string;
  /** More keys of the batch. */
  readonly keys?: readonly string[];
  readonly maxjobs?: number;
}

/** A directory with an ensemble, which belongs to the tester. */
export const ensembleOf = (cluster: Cluster, { runs, job, header = "", keys = [], maxjobs = 50 }: Jobs): string =>
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
        "#!/bin/bash",
        "#SBATCH --job-name={{ run.id }}",
        ...(header === "" ? [] : [header]),
        'echo "$SLURM_JOB_ID" >> "../../counts/{{ run.id }}"',
        job,
        "",
      ].join("\n"),
      "counts/.keep": "",
    }),
  );

export const many = (count: number): readonly string[] => Array.from({ length: count }, (_, x) => `{x: ${x}}`);

/** How often each run was executed. */
export const countsIn = (directory: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    readdirSync(join(directory, "counts"))
      .filter((name) => !name.startsWith("."))
      .map((name) => [name, readFileSync(join(directory, "counts", name), "utf8").split("\n").length - 1]),
  );

/** The same for so many runs that were executed once. */
export const once = (count: number): Readonly<Record<string, number>> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`tst-${index}`, 1]));

export const eventsIn = (stdout: string): readonly Event[] =>
  stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Event);

/** How each run ended: `ok`, or why not. */
export const endsIn = (events: readonly Event[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    events.flatMap((event) => {
      if (event.type !== "run.finished") return [];
      if (event.ok) return [[event.run, "ok"]];
      const { failure } = event;
      return [[event.run, failure.reason === "job" ? failure.cause : failure.reason]];
    }),
  );
