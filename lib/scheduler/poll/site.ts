/** What is asked of a site once: its time limits, its memory of ended jobs, its accounting. */
import { catchError, defer, map, type Observable, of, share } from "rxjs";
import { SITE_WORDS } from "../../backends/slurm/commands.js";
import { siteIn } from "../../backends/slurm/site-config.js";
import type { ExecResult } from "../../system/processes/exec.js";

export interface Site {
  /** How long a command waits for slurmctld, in seconds. */
  readonly message_timeout_s: number;
  /** How long squeue tells of a job that has ended, in seconds. */
  readonly min_job_age_s: number;
  readonly accounting: boolean;
  /** Its own name. */
  readonly cluster?: string;
}

/** Slurm's own defaults (slurm.conf(5)), for where it does not tell. Whether there are accounts, sacct will say. */
export const DEFAULT_SITE: Site = { message_timeout_s: 10, min_job_age_s: 300, accounting: true };

/** Asked when somebody needs it, until it has answered once: it is needed most where slurmctld is in trouble. */
export const openSite = (ask: (words: readonly string[]) => Observable<ExecResult>): Observable<Site> => {
  let known: Site | undefined;
  const asked$ = defer(() => ask(SITE_WORDS)).pipe(
    map(({ status, stdout }) => (status === 0 ? (known = siteIn(stdout)) : DEFAULT_SITE)),
    catchError(() => of(DEFAULT_SITE)),
    share(),
  );
  return defer(() => (known === undefined ? asked$ : of(known)));
};
