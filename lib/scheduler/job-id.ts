/** Job ids as events show them: `12`, or `12;cluster` for a job on another cluster. */

export const baseOf = (job: string): string => job.replace(/;.*/s, "");

export const clusterOf = (job: string): string | undefined => /;(.+)/s.exec(job)?.[1];

export const jobKey = (base: string, cluster: string | undefined): string =>
  cluster === undefined ? base : `${base};${cluster}`;

/** The id by which a cluster itself calls a job: without that cluster's own name. */
export const localTo = (cluster: string | undefined, job: string): string =>
  clusterOf(job) === cluster ? baseOf(job) : job;
