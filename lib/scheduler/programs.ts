/** The scheduler's own programs, run in an environment that steers none of them. */
import { userInfo } from "node:os";
import { map, merge, type Observable, of, take } from "rxjs";
import { after } from "../operators/after.js";
import type { Environment, Exec, ExecResult } from "../system/processes/exec.js";
import type { Site } from "./answers.js";
import type { Dialect, QueueUser } from "./dialect.js";
import { type Accounting, NO_ACCOUNTING, openAccounting } from "./poll/accounting.js";
import { openSite } from "./poll/site.js";

/** Runs one program to its end. Never fails: a program that does not end in time has a `problem`. */
export type RunProgram = (words: readonly string[]) => Observable<ExecResult>;

export interface Programs {
  /** For the submit program, whose jobs inherit it. */
  readonly environment: Environment;
  /** The variables that were left out of it. */
  readonly removed: readonly string[];
  /** The user whose jobs are polled. */
  readonly owner: QueueUser;
  readonly queue: RunProgram;
  readonly cancel: RunProgram;
  readonly site$: Observable<Site>;
  readonly accounting: Accounting;
}

export const openPrograms = (dialect: Dialect, exec: Exec): Programs => {
  const { environment, readable, removed } = dialect.environment(process.env);
  const { programs } = dialect;
  const run =
    (file: string): RunProgram =>
    (words) =>
      merge(
        exec(file, words, readable),
        after(PATIENCE_S).pipe(
          map((): ExecResult => ({ status: null, stdout: "", stderr: "", problem: `no answer in ${PATIENCE_S} s` })),
        ),
      ).pipe(take(1));
  const owner = { uid: process.getuid?.() ?? 0, user: userName() };
  const site$ = programs.site === undefined ? of(dialect.siteDefaults) : openSite(dialect, run(programs.site));
  const accounting =
    programs.accounting === undefined ? NO_ACCOUNTING : openAccounting(dialect, run(programs.accounting), site$, owner);
  return { environment, removed, owner, queue: run(programs.queue), cancel: run(programs.cancel), site$, accounting };
};

/** The user's name; the number where there is no name, as in some containers. */
export const userName = (): string => {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "");
  }
};

/**
 * The programs give up by themselves, but late: one that polls after twice the time that the site lets messages take,
 * which may be 100 s; one that reads accounts after eight times that, which is too long.
 */
const PATIENCE_S = 240;
