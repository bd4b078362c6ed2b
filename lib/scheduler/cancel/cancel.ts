/** Cancelling jobs: by their ids, and only those that bear our mark. What counts is what the queue shows afterwards. */
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
import type { Account } from "../../backends/slurm/accounting-output.js";
import { objectionTo } from "../../backends/slurm/cancel-output.js";
import { cancelWords } from "../../backends/slurm/commands.js";
import type { Row } from "../../backends/slurm/queue-output.js";
import { meaningOf } from "../../backends/slurm/states.js";
import type { Exec, ExecResult } from "../../system/processes/exec.js";
import { begunBy, isBegunBy } from "../guard/traces.js";
import { baseOf, clusterOf, localTo } from "../job-id.js";
import { accountOf, isRowOf, markedIn, markIn, representative } from "../poll/ownership.js";
import { openPoller } from "../poll/poller.js";
import type { Site } from "../poll/site.js";
import type { Snapshot } from "../poll/snapshot.js";
import { openPrograms } from "../programs.js";
import { patience } from "../submit/absence.js";
import { HANGING_S, lastAnswer } from "../submit/attempts.js";
import { bundles } from "./bundles.js";
import type { CancelReport, CancelTarget } from "./report.js";

interface PendingCancel extends CancelTarget {
  job: string | undefined;
  /** When it was submitted, where only accounts tell that it is ours: its comment in the queue is the site's. */
  submitted: string | undefined;
  /** How many looks in a row did not show it. */
  missed: number;
  /** When scancel was last told of it and did not object. */
  asked: number | undefined;
  tries: number;
}

/** In seconds: between two looks, at first and at most. */
const FIRST_S = 2;
const MOST_S = 10;

/** Its processes do not end: nothing more can be done about that from here. */
const ENDING_MS = 60_000;

/** One that goes on regardless is cancelled again. */
const AGAIN_MS = 30_000;
const TRIES = 5;

/** Tells of each job once, and of Slurm's silence; completes when all are told of. Cold. */
export const cancelled$ = (ask: Exec, wanted: readonly CancelTarget[]): Observable<CancelReport> =>
  defer(() => {
    const { uid, asking, site$, accounting } = openPrograms(ask);
    const open = new Set<PendingCancel>();
    for (const one of wanted)
      open.add({ ...one, job: one.id, submitted: undefined, missed: 0, asked: undefined, tries: 0 });
    const began = asyncScheduler.now();
    let looks = 0;
    const poller = openPoller({
      ...{ ask: asking("squeue"), accounting, uid },
      pace: {
        get every() {
          return Math.min(MOST_S, FIRST_S + Math.max(0, looks - 3));
        },
        after_failure: FIRST_S,
      },
      clusters: () => new Set([...open].map(({ job = "" }) => clusterOf(job)).filter((name) => name !== undefined)),
    });

    const over = (one: PendingCancel, report: CancelReport): CancelReport => {
      open.delete(one);
      return report;
    };

    /** Finds the ids that are not known; tells of those of which there is no job. */
    const found$ = (snapshot: Snapshot, site: Site): Observable<CancelReport> => {
      const late: PendingCancel[] = [];
      for (const one of open) {
        if (one.job !== undefined) continue;
        const heard = lastAnswer(one.directory, one.boot);
        const told = typeof heard === "object" && heard.is === "accepted" ? heard.job : undefined;
        const job = told ?? snapshot.marks.get(one.mark() ?? "") ?? begunBy(one.directory);
        if (job !== undefined) one.job = localTo(site.cluster, job);
        const isAtWork = heard === "at work" && (snapshot.at - began) / 1000 < HANGING_S;
        if (one.job === undefined && !isAtWork) late.push(one);
      }
      // A cluster that does not answer may have it.
      if (
        late.length === 0 ||
        snapshot.silent.size > 0 ||
        looks < 2 ||
        (snapshot.at - began) / 1000 < patience(FIRST_S, site)
      )
        return EMPTY;
      return snapshot.accounts$.pipe(
        concatMap((accounts) => {
          for (const one of late) {
            const mark = one.mark();
            one.job = typeof accounts === "string" || mark === undefined ? undefined : markedIn(accounts, mark);
          }
          // One that has come and gone does not need to be cancelled.
          const absent = late.filter(({ job }) => job === undefined);
          return from(absent.map((one) => over(one, { is: "absent", what: one.what })));
        }),
      );
    };

    /** Tells of those that have ended, and cancels those that go on. */
    const settled$ = (snapshot: Snapshot): Observable<CancelReport> => {
      const told: Observable<CancelReport>[] = [];
      const due: PendingCancel[] = [];
      for (const one of open) {
        const { job, what } = one;
        if (job === undefined || snapshot.silent.has(clusterOf(job))) continue;
        const mark = one.mark();
        if (mark === undefined) {
          told.push(of(over(one, { is: "refused", what, job, message: NO_MARK })));
          continue;
        }
        const rows = snapshot.jobs.get(job) ?? [];
        const own = { mark, ...(one.submitted !== undefined && { submitted: one.submitted }) };
        const row = representative(rows.filter((other) => isRowOf(other, own, () => isBegunBy(one.directory, job))));
        one.missed = row === undefined ? one.missed + 1 : 0;
        if (row === undefined) {
          if (one.missed >= 2) told.push(gone$(one, { job, mark, rows }, snapshot));
          continue;
        }
        const meaning = meaningOf(row.state);
        if (meaning.is === "ended") told.push(of(ended(one, job, row.state)));
        else if (!(meaning.is === "live" && meaning.completing)) {
          if (isDue(one)) due.push(one);
        } else if (asyncScheduler.now() - (one.asked ?? began) >= ENDING_MS)
          told.push(of(over(one, { is: "ending", what, job })));
      }
      return concat(merge(...told), cancelling$(due));
    };

    const ended = (one: PendingCancel, job: string, state: string): CancelReport => {
      const { what, asked } = one;
      const ours = asked !== undefined && meaningOf(state).is === "ended" && /^CANCELLED/.test(state);
      return over(one, ours ? { is: "cancelled", what, job } : { is: "ended", what, job, state });
    };

    const gone$ = (
      one: PendingCancel,
      { job, mark, rows }: { readonly job: string; readonly mark: string; readonly rows: readonly Row[] },
      snapshot: Snapshot,
    ): Observable<CancelReport> => {
      const foreign = rows.length > 0;
      const gone = () => over(one, { is: "gone", what: one.what, job, asked: one.asked !== undefined, foreign });
      // Accounts may be those of the other job.
      if (rows.some(({ comment }) => markIn(comment) !== undefined)) return of(gone());
      return snapshot.account$(job).pipe(
        concatMap((accounts): Observable<CancelReport> => {
          const account: Account | string = accountOf(accounts, { id: job, mark });
          if (typeof account === "object" && rows.some(({ submitted }) => submitted === account.submitted)) {
            one.submitted = account.submitted;
            return EMPTY;
          }
          const state = typeof account === "string" ? "" : account.state;
          const meaning = meaningOf(state);
          if (meaning.is === "live" && one.asked === undefined)
            return of(over(one, { is: "refused", what: one.what, job, message: notYours(state) }));
          return of(meaning.is === "ended" ? ended(one, job, state) : gone());
        }),
      );
    };

    const isDue = ({ asked }: PendingCancel): boolean =>
      asked === undefined || asyncScheduler.now() - asked >= AGAIN_MS;

    const cancelling$ = (due: readonly PendingCancel[]): Observable<CancelReport> =>
      from(bundles(due, ({ job = "" }) => job)).pipe(
        concatMap(({ cluster, ids, some }) =>
          asking("scancel")(cancelWords(ids, cluster)).pipe(
            concatMap((answer) => from(some.flatMap((one) => heard(one, answer)))),
          ),
        ),
      );

    const heard = (one: PendingCancel, answer: ExecResult): readonly CancelReport[] => {
      const { what, job = "" } = one;
      const message = objectionTo(baseOf(job), answer);
      one.tries += 1;
      // That it has just ended, or is about to, the next look tells.
      if (message === undefined || PASSING.test(message)) {
        one.asked = asyncScheduler.now();
        return [];
      }
      if (!FINAL.test(message) && answer.problem === undefined && one.tries < TRIES) return [];
      return [over(one, { is: "refused", what, job, message })];
    };

    const step$ = (snapshot: Snapshot, site: Site): Observable<CancelReport | "over"> =>
      defer(() => {
        looks += 1;
        return concat(
          found$(snapshot, site),
          defer(() => settled$(snapshot)),
          defer(() => (open.size === 0 ? of("over" as const) : EMPTY)),
        );
      });

    if (open.size === 0) return EMPTY;
    const silence$ = poller.notice$.pipe(
      concatMap((notice) =>
        notice.type === "backend.silent" ? of<CancelReport>({ is: "silent", message: notice.message }) : EMPTY,
      ),
    );
    return merge(
      silence$,
      site$.pipe(concatMap((site) => poller.snapshot$.pipe(exhaustMap((snapshot) => step$(snapshot, site))))),
    ).pipe(takeWhile((report) => report !== "over"));
  });

const notYours = (state: string): string =>
  `accounting calls it ${state}, but it is not in the queue of the user who asks: whose job it is may cancel it`;
const NO_MARK =
  "the state directory does not tell by which mark its jobs are known (claims/slurm-identity is not there)";
const FINAL = /permission denied|not permitted/i;
const PASSING = /already completing or completed|Invalid job id/i;
