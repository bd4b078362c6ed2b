/** Cancels jobs by their ids, and only those that bear our mark. What counts is what the queue shows afterwards. */
import {
  asyncScheduler,
  concat,
  concatMap,
  defer,
  EMPTY,
  exhaustMap,
  from,
  merge,
  type Observable,
  of,
  takeWhile,
} from "rxjs";
import type { CancelReport, CancelTarget } from "../../effects/cancel.js";
import type { Exec, ExecResult } from "../../system/processes/exec.js";
import type { AccountRow, QueueRow, Site } from "../answers.js";
import type { Dialect } from "../dialect.js";
import { isStartedBy, startedBy } from "../guard/traces.js";
import { baseOf, clusterOf, localTo } from "../job-id.js";
import { identityPath } from "../jobs/identity.js";
import { accountOf, isRowOf, markedIn, representative } from "../poll/ownership.js";
import { openPoller } from "../poll/poller.js";
import type { Snapshot } from "../poll/snapshot.js";
import { openPrograms } from "../programs.js";
import { patience } from "../submit/absence.js";
import { HANGING_S, lastAnswer } from "../submit/attempts.js";
import { bundles } from "./bundles.js";
import { type PendingCancel, pending } from "./pending.js";

/** In seconds: between two polls, at first and at most. */
const FIRST_S = 2;
const MOST_S = 10;

/** When a cancelled job still completes after so long, its processes do not end; nothing more can be done from here. */
const ENDING_MS = 60_000;

/** A job that has not ended is cancelled again after so long. */
const AGAIN_MS = 30_000;
const TRIES = 5;

/** Reports on each job once, and on the scheduler's silence; completes when all are reported. Cold. */
export const cancel$ = (dialect: Dialect, exec: Exec, targets: readonly CancelTarget[]): Observable<CancelReport> =>
  defer(() => {
    const programs = openPrograms(dialect, exec);
    const { owner, site$, accounting } = programs;
    const open = new Set<PendingCancel>(targets.map((target) => pending(dialect, target)));
    const began = asyncScheduler.now();
    let polls = 0;
    const poller = openPoller({
      ...{ dialect, run: programs.queue, accounting, owner },
      pace: {
        get every() {
          return Math.min(MOST_S, FIRST_S + Math.max(0, polls - 3));
        },
        after_failure: FIRST_S,
      },
      clusters: () => new Set([...open].map(({ job = "" }) => clusterOf(job)).filter((name) => name !== undefined)),
    });

    const settle = (one: PendingCancel, report: CancelReport): CancelReport => {
      open.delete(one);
      return report;
    };

    /** Finds the ids that are not known, and reports the jobs that do not exist. */
    const find$ = (snapshot: Snapshot, site: Site): Observable<CancelReport> => {
      const missing: PendingCancel[] = [];
      for (const one of open) {
        if (one.job !== undefined) continue;
        const directory = one.directory();
        const answer = directory === undefined ? "untried" : lastAnswer(dialect, directory, one.boot);
        const accepted = typeof answer === "object" && answer.is === "accepted" ? answer.job : undefined;
        const traced = directory === undefined ? undefined : startedBy(directory);
        const job = accepted ?? snapshot.marks.get(one.mark() ?? "") ?? traced;
        if (job !== undefined) one.job = localTo(site.cluster, job);
        const isSubmitting = answer === "running" && (snapshot.at - began) / 1000 < HANGING_S;
        if (one.job === undefined && !isSubmitting) missing.push(one);
      }
      const waited_s = (snapshot.at - began) / 1000;
      // A cluster that does not answer may have the job.
      if (missing.length === 0 || snapshot.silent.size > 0 || polls < 2 || waited_s < patience(FIRST_S, site))
        return EMPTY;
      return snapshot.accounts$.pipe(
        concatMap((accounts) => {
          for (const one of missing) {
            const mark = one.mark();
            one.job = typeof accounts === "string" || mark === undefined ? undefined : markedIn(accounts, mark);
          }
          // A job that has come and gone needs no cancelling.
          const absent = missing.filter(({ job }) => job === undefined);
          return from(absent.map((one) => settle(one, { is: "absent", what: one.what })));
        }),
      );
    };

    /** Reports the jobs that have ended, and cancels the others. */
    const follow$ = (snapshot: Snapshot): Observable<CancelReport> => {
      const reports: Observable<CancelReport>[] = [];
      const due: PendingCancel[] = [];
      for (const one of open) {
        const { job, what } = one;
        if (job === undefined || snapshot.silent.has(clusterOf(job))) continue;
        const [mark, directory] = [one.mark(), one.directory()];
        if (mark === undefined || directory === undefined) {
          reports.push(of(settle(one, { is: "refused", what, job, message: noMark(dialect, one) })));
          continue;
        }
        const rows = snapshot.jobs.get(job) ?? [];
        const identity = { mark, ...(one.submitted !== undefined && { submitted: one.submitted }) };
        const row = representative(rows.filter((other) => isRowOf(other, identity, () => isStartedBy(directory, job))));
        one.missed = row === undefined ? one.missed + 1 : 0;
        if (row === undefined) {
          if (one.missed >= 2) reports.push(leftQueue$(one, { job, mark, rows }, snapshot));
          continue;
        }
        const { meaning } = row;
        one.cancelling ||= meaning.is === "live" && (meaning.cancelling ?? false);
        if (meaning.is === "ended") reports.push(of(ended(one, job, row)));
        else if (!(meaning.is === "live" && meaning.completing)) {
          if (isDue(one)) due.push(one);
        } else if (asyncScheduler.now() - (one.sentAt ?? began) >= ENDING_MS)
          reports.push(of(settle(one, { is: "ending", what, job })));
      }
      return concat(merge(...reports), cancelAll$(due));
    };

    const ended = (one: PendingCancel, job: string, shown: QueueRow | AccountRow) => {
      const { what, sentAt } = one;
      const { state, meaning } = shown;
      // Accounts may show a cancelled job as a killed one, or tell only that it could not start.
      const ending = "ending" in shown ? shown.ending : undefined;
      const isKilled = ending === "not_started" || ending?.signal === "SIGKILL";
      const endedByCancel = one.cancelling || isKilled || (meaning.is === "ended" && meaning.cause === "cancelled");
      const byUs = sentAt !== undefined && endedByCancel;
      return settle(one, byUs ? { is: "cancelled", what, job } : { is: "ended", what, job, state });
    };

    const leftQueue$ = (
      one: PendingCancel,
      { job, mark, rows }: { readonly job: string; readonly mark: string; readonly rows: readonly QueueRow[] },
      snapshot: Snapshot,
    ): Observable<CancelReport> => {
      const foreign = rows.length > 0;
      const leftQueue = () =>
        settle(one, { is: "left_queue", what: one.what, job, cancelSent: one.sentAt !== undefined, foreign });
      // Accounting may mean the other job that has the id.
      if (rows.some((row) => row.mark !== undefined)) return of(leftQueue());
      return snapshot.account$(job).pipe(
        concatMap((accounts): Observable<CancelReport> => {
          const account = accountOf(accounts, { id: job, mark });
          if (typeof account !== "object") return of(leftQueue());
          if (rows.some(({ submitted }) => submitted === account.submitted)) {
            one.submitted = account.submitted;
            return EMPTY;
          }
          const { meaning, state } = account;
          if (meaning.is === "live" && one.sentAt === undefined)
            return of(settle(one, { is: "refused", what: one.what, job, message: notYours(state) }));
          return of(meaning.is === "ended" ? ended(one, job, account) : leftQueue());
        }),
      );
    };

    const isDue = ({ sentAt }: PendingCancel): boolean =>
      sentAt === undefined || asyncScheduler.now() - sentAt >= AGAIN_MS;

    const cancelAll$ = (due: readonly PendingCancel[]): Observable<CancelReport> =>
      from(bundles(due, ({ job = "" }) => job, dialect.cancelAtOnce)).pipe(
        concatMap(({ cluster, ids, jobs }) =>
          programs
            .cancel(dialect.cancelArguments(ids, cluster))
            .pipe(concatMap((answer) => from(jobs.flatMap((one) => objections(one, answer))))),
        ),
      );

    const objections = (one: PendingCancel, answer: ExecResult): readonly CancelReport[] => {
      const { what, job = "" } = one;
      const objection = dialect.cancelObjection(baseOf(job), answer);
      one.tries += 1;
      // That the job has just ended, or is about to, the next poll tells.
      if (objection === undefined || objection.is === "queue_tells") {
        one.sentAt = asyncScheduler.now();
        return [];
      }
      if (objection.is === "again" && one.tries < TRIES) return [];
      return [settle(one, { is: "refused", what, job, message: objection.message })];
    };

    const step$ = (snapshot: Snapshot, site: Site): Observable<CancelReport | "over"> =>
      defer(() => {
        polls += 1;
        return concat(
          find$(snapshot, site),
          defer(() => follow$(snapshot)),
          defer(() => (open.size === 0 ? of("over" as const) : EMPTY)),
        );
      });

    if (open.size === 0) return EMPTY;
    const silence$ = poller.notice$.pipe(
      concatMap((notice) =>
        notice.type === "backend.silent" ? of<CancelReport>({ is: "no_answer", message: notice.message }) : EMPTY,
      ),
    );
    return merge(
      silence$,
      site$.pipe(concatMap((site) => poller.snapshot$.pipe(exhaustMap((snapshot) => step$(snapshot, site))))),
    ).pipe(takeWhile((report) => report !== "over"));
  });

const notYours = (state: string): string =>
  `accounting calls it ${state}, but the queue of this user does not show it: the user whose job it is can cancel it`;

const noMark = ({ name }: Dialect, { claims }: CancelTarget): string =>
  `the state directory does not tell the mark of its jobs (${identityPath({ claims, name })} is missing)`;
