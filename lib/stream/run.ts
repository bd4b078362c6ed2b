/** A run: prepare, `pre_run`, its job once a slot is free, `post_run`. Starting and resuming are the same code. */
import {
  catchError,
  concat,
  defer,
  distinctUntilChanged,
  EMPTY,
  ignoreElements,
  type Observable,
  of,
  tap,
  throwError,
} from "rxjs";
import type { RunPlace } from "../effects/effects.js";
import type { Fact, InRun, Outcome } from "../events/event.js";
import { Abandon, type Failure, isNotYet, isStop } from "../events/failure.js";
import type { RunHistory } from "../history/history.js";
import { endWithOutcome } from "../operators/end-with-outcome.js";
import { retryWhileFull } from "../operators/retry-while-full.js";
import type { Slots } from "../operators/slots.js";
import { type Batch, type Run, variablesOf } from "../plan/plan.js";
import { abandon$, type Context } from "./context.js";
import { job$ } from "./job.js";
import { tasks$ } from "./task.js";

/** A run in one cycle of its batch. */
export interface Member {
  readonly batch: Batch;
  readonly run: Run;
  readonly cycle: number;
  readonly jobSlots: Slots;
  /** How the run ended when it was last done in an earlier cycle. */
  readonly earlier: Outcome | undefined;
  /** What earlier starts did of the run in this cycle. */
  readonly past: RunHistory | undefined;
}

/** Does a run. A failure abandons this run and nothing else: the stream always completes. */
export const run$ = (context: Context, { batch, run, cycle, jobSlots, earlier, past }: Member): Observable<Fact> =>
  defer(() => {
    const ids: InRun = { batch: batch.name, run: run.id, cycle, attempt: past?.attempt ?? 1 };
    // Each run tests this, since `mergeMap` still starts the runs that it has buffered. The next start of the ensemble
    // resumes a run that an earlier start left unfinished.
    if (context.stop.draining()) return of<Fact>({ type: "run.skipped", because: "stopping", ...ids });
    const place: RunPlace = { batch, run, directory: run.directory, variables: variablesOf(batch, run, cycle) };
    const { index, directory, fingerprint } = run;
    return concat(
      of<Fact>({ type: "run.started", index, directory, ...ids, ...(fingerprint !== undefined && { fingerprint }) }),
      prepare$(context, place, ids, past),
      tasks$(context, "pre_run", batch.pre_run, place, { ids, past: past?.tasks }),
      jobAndAfter$(context, place, ids, jobSlots, past),
    ).pipe(
      endWithOutcome((end) => {
        if (isSkippedByCheck(batch, end))
          return { type: "run.skipped", because: "check", ...ids, ...earlierOf(earlier, { isDone: true }) };
        // The next start goes on before the job, which this one did not submit.
        if (isHeldBack(end)) return { type: "run.skipped", because: "stopping", ...ids };
        return { type: "run.finished", ...ids, ...end, ...(goesOn(batch, end) && { goes_on: true }) };
      }),
    );
  });

/** Whether a run had no job yet when the ensemble was told to stop. */
const isHeldBack = (end: Outcome): boolean => !end.ok && isStop(end.failure);

/** Makes the run's directory, after a check that no other directory is in its place. */
const prepare$ = (context: Context, place: RunPlace, ids: InRun, past: RunHistory | undefined): Observable<Fact> => {
  if (past?.prepared) return EMPTY;
  const retryWhenFull = retryWhileFull<never, Fact>(
    context.settings.error_timeout,
    (wait): Fact => ({ type: "run.waiting", ...wait, ...ids }),
  );
  let changed: readonly string[] = [];
  return concat(
    past?.preparing ? EMPTY : context.effects.vacant$(place).pipe(retryWhenFull),
    of<Fact>({ type: "run.preparing", ...ids }),
    context.effects.commit$(),
    context.effects.prepare$(place, past?.preparing ?? false).pipe(
      tap((files) => void (changed = files)),
      ignoreElements(),
      retryWhenFull,
    ),
    defer(() => of<Fact>({ type: "run.prepared", ...(changed.length > 0 && { changed }), ...ids })),
  );
};

/** In a repeating batch, a `pre_run` check with `fail: true` that does not hold skips the run, since it is done already. */
const isSkippedByCheck = (batch: Batch, end: Outcome): boolean =>
  batch.repeat && !end.ok && end.failure.reason === "check" && (end.failure.task ?? "").startsWith("pre_run");

const goesOn = (batch: Batch, end: Outcome): boolean => batch.repeat && !end.ok && isNotYet(end.failure);

/**
 * The end that still counts for a skipped run. `isDone`: the run's own check says that it is done, and so overrules its
 * other check, which said that it was not done yet.
 */
export const earlierOf = (end: Outcome | undefined, { isDone = false } = {}): { readonly earlier?: Outcome } => {
  if (end === undefined) return {};
  if (end.ok) return { earlier: { ok: true } };
  return isDone && isNotYet(end.failure) ? {} : { earlier: { ok: false, failure: end.failure } };
};

/** The job, then `post_run`. Without a job file, or with submission switched off, a run has only tasks. */
const jobAndAfter$ = (
  context: Context,
  place: RunPlace,
  ids: InRun,
  jobSlots: Slots,
  past: RunHistory | undefined,
): Observable<Fact> => {
  const { batch } = place;
  const after$ = tasks$(context, "post_run", batch.post_run, place, { ids, past: past?.tasks });
  const script = context.settings.submission ? batch.job_file : undefined;
  if (script === undefined) return after$;
  const jobEnd = past?.job?.end;
  const jobInSlot$ =
    jobEnd === undefined
      ? concat(
          defer(() => (jobSlots.full() ? of<Fact>({ type: "run.waiting", because: "maxjobs", ...ids }) : EMPTY)),
          jobSlots(() => job$(context, place, script, ids, past?.job)),
        ).pipe(distinctUntilChanged(isSameWait))
      : endedAs$(jobEnd);
  return batch.post_run_on_failure ? evenAfterFailure$(jobInSlot$, after$) : concat(jobInSlot$, after$);
};

const endedAs$ = (end: { readonly ok: true } | { readonly ok: false; readonly failure: Failure }): Observable<never> =>
  end.ok ? EMPTY : abandon$(end.failure);

/** To the user, the wait for a slot and the following wait for room in the scheduler are one wait. */
const isSameWait = (before: Fact, now: Fact): boolean =>
  before.type === "run.waiting" &&
  now.type === "run.waiting" &&
  before.because === now.because &&
  before.message === now.message;

/** Does `post_run` even if the job failed. The run then fails with the job's failure, whether `post_run` fails or not. */
const evenAfterFailure$ = (jobInSlot$: Observable<Fact>, after$: Observable<Fact>): Observable<Fact> =>
  concat(
    jobInSlot$.pipe(
      catchError((error: unknown) =>
        concat(
          error instanceof Abandon && !isStop(error.failure) ? ignoringFailure$(after$) : EMPTY,
          throwError(() => error),
        ),
      ),
    ),
    after$,
  );

/** Does the work, and completes even if the work fails. */
const ignoringFailure$ = (work$: Observable<Fact>): Observable<Fact> =>
  work$.pipe(catchError((error: unknown) => (error instanceof Abandon ? EMPTY : throwError(() => error))));
