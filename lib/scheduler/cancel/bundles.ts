/** Groups of jobs that one cancel command names. */
import { baseOf, clusterOf } from "../job-id.js";

export interface Bundle<T> {
  readonly cluster: string | undefined;
  readonly ids: readonly string[];
  readonly jobs: readonly T[];
}

/** At most `atOnce` jobs a command, all of one cluster. */
export const bundles = <T>(all: readonly T[], idOf: (one: T) => string, atOnce: number): readonly Bundle<T>[] => {
  const clusters = new Map<string | undefined, T[]>();
  for (const one of all) {
    const cluster = clusterOf(idOf(one));
    const others = clusters.get(cluster);
    if (others === undefined) clusters.set(cluster, [one]);
    else others.push(one);
  }
  return [...clusters].flatMap(([cluster, jobs]) =>
    Array.from({ length: Math.ceil(jobs.length / atOnce) }, (_, index) => {
      const some = jobs.slice(index * atOnce, (index + 1) * atOnce);
      return { cluster, ids: some.map((one) => baseOf(idOf(one))), jobs: some };
    }),
  );
};
