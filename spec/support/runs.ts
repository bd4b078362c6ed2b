/** Ensembles for a real cluster. Each job itself adds a line to a file of its run, by which specs count its executions. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Event } from "../../lib/index.js";
import type { RealCluster } from "./cluster.js";
import { directoryWith } from "./program.js";

/** How long a spec waits for a scheduler. */
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

/** What a job script says to its scheduler, and the variable by which it knows its job. */
export interface ScriptWords {
  readonly name: string;
  readonly id: string;
}

/** A directory of the tester's with an ensemble of one batch, `tst`. */
export const ensembleIn = (
  { give }: Pick<RealCluster, "give">,
  { name, id }: ScriptWords,
  { runs, job, header = "", keys = [], maxjobs = 50, shebang = "#!/bin/bash" }: EnsembleJobs,
): string =>
  give(
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
        name,
        ...(header === "" ? [] : [header]),
        `echo "${id}" >> "../../counts/{{ run.id }}"`,
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

/** Random numbers that a seed repeats: mulberry32. */
export const randomOf = (seed: number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};
