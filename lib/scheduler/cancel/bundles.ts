/** Groups of jobs that one cancel command names. */
import { baseOf, clusterOf } from "../job-id.js";

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
