/** What accounting tells of jobs. The program asks seldom, for many jobs at once; accounting may be away, or absent. */
import { asyncScheduler, concatMap, defer, from, map, type Observable, of, reduce } from "rxjs";
import type { ExecResult } from "../../system/processes/exec.js";
import type { AccountRow, Site } from "../answers.js";
import type { Dialect, QueueUser } from "../dialect.js";

/** `off`: the site keeps no accounts. `silent`: accounting did not answer, and nothing follows from that. */
export type Accounts = "off" | "silent" | readonly AccountRow[];

export interface Accounting {
  /** The accounts of these jobs, by id. */
  of$(jobs: readonly string[], cluster: string | undefined): Observable<Accounts>;
  /** The accounts of all jobs of this user; `off` where accounts show no marks, and so none could be found. */
  all$(cluster: string | undefined): Observable<Accounts>;
}

/** After so many queries without an answer, accounting is left alone for a while. */
const PATIENCE = 3;
const PAUSE_MS = 600_000;

export const NO_ACCOUNTING: Accounting = { of$: () => of("off"), all$: () => of("off") };

export const openAccounting = (
  dialect: Dialect,
  run: (words: readonly string[]) => Observable<ExecResult>,
  site$: Observable<Site>,
  owner: QueueUser,
): Accounting => {
  let [older, disabled, silent, until] = [false, false, 0, 0];

  const query$ = (jobs: readonly string[] | undefined, cluster: string | undefined): Observable<Accounts> =>
    defer((): Observable<Accounts> => {
      if (disabled) return of("off");
      if (asyncScheduler.now() < until) return of("silent");
      const query = { ...owner, cluster, older, ...(jobs !== undefined && { jobs }) };
      return run(dialect.accountingArguments(query)).pipe(
        concatMap((answer): Observable<Accounts> => {
          const rows = dialect.accountingRows(answer);
          if (rows === "disabled") {
            disabled = true;
            return of("off");
          }
          if (rows === "older" && !older) {
            older = true;
            return query$(jobs, cluster);
          }
          if (typeof rows !== "string") {
            silent = 0;
            return of(rows);
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
        from(chunks(jobs, dialect.accountingAtOnce)).pipe(
          concatMap((some) => query$(some, cluster)),
          reduce(both, NO_ACCOUNTS),
        ),
      ),
    all$: (cluster) =>
      dialect.accountsShowMarks
        ? ifKept$(query$(undefined, cluster)).pipe(map((accounts) => locate(accounts, cluster)))
        : of("off"),
  };
};

const chunks = (jobs: readonly string[], size: number): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(jobs.length / size) }, (_, index) => jobs.slice(index * size, (index + 1) * size));

/** Notes in each account from which cluster it comes. */
const locate = (accounts: Accounts, cluster: string | undefined): Accounts =>
  typeof accounts === "string" || cluster === undefined ? accounts : accounts.map((one) => ({ ...one, cluster }));

const NO_ACCOUNTS: Accounts = [];

/** Both answers together; a part of an answer counts as none. */
export const both = (one: Accounts, other: Accounts): Accounts => {
  if (typeof one === "string") return one;
  return typeof other === "string" ? other : [...one, ...other];
};
