/** scancel: how many jobs are told of in one command, and what it says against them. */

import { baseOf, clusterOf } from "../../scheduler/job-id.js";
import type { ExecResult } from "../../system/processes/exec.js";

/** Ids in one command: so many requests it makes of slurmctld in one go. */
const AT_ONCE = 100;

export interface Bundle<T> {
  readonly cluster: string | undefined;
  readonly ids: readonly string[];
  readonly some: readonly T[];
}

/** At most so many jobs a command, all of one cluster. */
export const bundles = <T>(all: readonly T[], idOf: (one: T) => string): readonly Bundle<T>[] => {
  const clusters = new Map<string | undefined, T[]>();
  for (const one of all) {
    const cluster = clusterOf(idOf(one));
    const others = clusters.get(cluster);
    if (others === undefined) clusters.set(cluster, [one]);
    else others.push(one);
  }
  return [...clusters].flatMap(([cluster, jobs]) =>
    Array.from({ length: Math.ceil(jobs.length / AT_ONCE) }, (_, index) => {
      const some = jobs.slice(index * AT_ONCE, (index + 1) * AT_ONCE);
      return { cluster, ids: some.map((one) => baseOf(idOf(one))), some };
    }),
  );
};

/** What scancel says against a job: a line with its id, or, where no line has an id, the last one. */
export const objectionTo = (id: string, { status, stderr, problem }: ExecResult): string | undefined => {
  if (problem !== undefined) return problem === "ENOENT" ? "there is no scancel here" : `scancel: ${problem}`;
  if (status === 0) return undefined;
  const lines = stderr.split("\n").map((line) => line.replace(/^scancel: (error: )?/, "").trim());
  const named = lines.filter((line) => NAMED.test(line));
  const own = named.find((line) => NAMED.exec(line)?.[1] === id);
  if (named.length > 0) return own;
  return lines.filter((line) => line !== "").at(-1) ?? `scancel ended with exit status ${String(status)}`;
};

const NAMED = /\bjob ?id[ =](\d+)/i;
