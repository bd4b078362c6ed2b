/** Job ids as events tell them: `12`, or `12;cluster` where sbatch has handed it to another cluster. */

export const baseOf = (job: string): string => job.replace(/;.*/s, "");

export const clusterOf = (job: string): string | undefined => /;(.+)/s.exec(job)?.[1];

export const jobKey = (base: string, cluster: string | undefined): string =>
  cluster === undefined ? base : `${base};${cluster}`;

/** A job of the cluster with that name, as it is called there. */
export const localTo = (cluster: string | undefined, job: string): string =>
  clusterOf(job) === cluster ? baseOf(job) : job;
