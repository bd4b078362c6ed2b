/** What accounting says of jobs. It is asked seldom, for many jobs at once, and may be away or not there at all. */
import { asyncScheduler, concatMap, defer, from, map, type Observable, of, reduce } from "rxjs";
import { type Account, isFieldUnknown, parseAccounts } from "../../backends/slurm/accounting-output.js";
import { accountWords } from "../../backends/slurm/commands.js";
import type { ExecResult } from "../../system/processes/exec.js";
import type { Site } from "./site.js";

/** `off`: none is kept. `silent`: it did not answer, and nothing follows from that. */
export type Accounts = "off" | "silent" | readonly Account[];

export interface Accounting {
  /** Of these jobs, by id. */
  of$(jobs: readonly string[], cluster: string | undefined): Observable<Accounts>;
  /** Of all jobs of this user. */
  all$(cluster: string | undefined): Observable<Accounts>;
}

/** So many ids fit into one question, and one argument. */
const AT_ONCE = 500;

/** After so many questions without an answer, none is asked for a while. */
const PATIENCE = 3;
const PAUSE_MS = 600_000;

export const openAccounting = (
  ask: (words: readonly string[]) => Observable<ExecResult>,
  site$: Observable<Site>,
  uid: number,
): Accounting => {
  let [lines, disabled, silent, until] = [true, false, 0, 0];

  const asked$ = (jobs: readonly string[] | undefined, cluster: string | undefined): Observable<Accounts> =>
    defer((): Observable<Accounts> => {
      if (disabled) return of("off");
      if (asyncScheduler.now() < until) return of("silent");
      const words = accountWords({ uid, cluster, lines, ...(jobs !== undefined && { jobs }) });
      return ask(words).pipe(
        concatMap(({ status, stdout, stderr }): Observable<Accounts> => {
          if (status === 0) {
            silent = 0;
            return of(parseAccounts(stdout));
          }
          if (/accounting storage is disabled/i.test(stderr)) {
            disabled = true;
            return of("off");
          }
          if (lines && isFieldUnknown(stderr)) {
            lines = false;
            return asked$(jobs, cluster);
          }
          silent += 1;
          if (silent >= PATIENCE) until = asyncScheduler.now() + PAUSE_MS;
          return of("silent");
        }),
      );
    });

  const ifKept$ = (work$: Observable<Accounts>): Observable<Accounts> =>
    site$.pipe(concatMap(({ accounting }) => (accounting ? work$ : of<Accounts>("off"))));

  return {
    of$: (jobs, cluster) =>
      ifKept$(
        from(chunks(jobs)).pipe(
          concatMap((some) => asked$(some, cluster)),
          reduce(both, NO_ACCOUNTS),
        ),
      ),
    all$: (cluster) => ifKept$(asked$(undefined, cluster)).pipe(map((accounts) => told(accounts, cluster))),
  };
};

const chunks = (jobs: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(jobs.length / AT_ONCE) }, (_, index) =>
    jobs.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
  );

/** Says of each from where it was told. */
const told = (accounts: Accounts, cluster: string | undefined): Accounts =>
  typeof accounts === "string" || cluster === undefined ? accounts : accounts.map((one) => ({ ...one, cluster }));

const NO_ACCOUNTS: Accounts = [];

/** An answer that is only part of one is none. */
export const both = (one: Accounts, other: Accounts): Accounts => {
  if (typeof one === "string") return one;
  return typeof other === "string" ? other : [...one, ...other];
};
