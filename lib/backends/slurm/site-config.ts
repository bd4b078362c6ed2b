/** What is asked of a site once: how long Slurm's own patience is, how long it remembers, whether it keeps accounts. */
import { catchError, defer, map, type Observable, of, share } from "rxjs";
import type { ExecResult } from "../../system/processes/exec.js";
import { SITE_WORDS } from "./commands.js";

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

/** Reads what `scontrol show config` prints. */
export const siteIn = (text: string): Site => {
  const value = (name: string) => valueIn(text, name);
  const seconds = (name: string, otherwise: number) => {
    const number = Number.parseInt(value(name) ?? "", 10);
    return Number.isFinite(number) ? number : otherwise;
  };
  const cluster = value("ClusterName");
  const storage = value("AccountingStorageType");
  return {
    message_timeout_s: seconds("MessageTimeout", DEFAULT_SITE.message_timeout_s),
    min_job_age_s: seconds("MinJobAge", DEFAULT_SITE.min_job_age_s),
    accounting: storage === undefined || !/^(\(null\)|accounting_storage\/none)?$/.test(storage),
    ...(cluster !== undefined && { cluster }),
  };
};

/** One value of that. */
export const valueIn = (text: string, name: string): string | undefined =>
  new RegExp(`^${name}\\s*= (.*)$`, "m").exec(text)?.[1]?.trim();
