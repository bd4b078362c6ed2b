/** A run: prepare, `pre_run`, its job when a seat is free, `post_run`. Starts and goes on by the same way. */
import { catchError, concat, defer, distinctUntilChanged, EMPTY, type Observable, of, throwError } from "rxjs";
import type { RunPlace } from "../effects/effects.js";
import type { Fact, InRun, Outcome } from "../events/event.js";
import { Abandon, type Failure } from "../events/failure.js";
import type { RunHistory } from "../history/history.js";
import { endWithOutcome } from "../operators/end-with-outcome.js";
import { retryWhileFull } from "../operators/retry-while-full.js";
import type { Slots } from "../operators/slots.js";
import { type Batch, type Run, variablesOf } from "../plan/plan.js";
import { abandon$, type Context } from "./context.js";
import { job$ } from "./job.js";
import { tasks$ } from "./task.js";

/** A run in a cycle of its batch. */
export interface Member {
  readonly batch: Batch;
  readonly run: Run;
  readonly cycle: number;
  readonly seats: Slots;
  /** What an earlier start has done of it in this cycle. */
  readonly past: RunHistory | undefined;
}

/** A failure abandons the run and nothing else: the stream always completes. */
export const run$ = (context: Context, { batch, run, cycle, seats, past }: Member): Observable<Fact> =>
  defer(() => {
    const here: InRun = { batch: batch.name, run: run.id, cycle, attempt: past?.attempt ?? 1 };
    // Asked here and not by whoever merges the runs: `mergeMap` goes on with what it has buffered. A run that was begun
    // and not ended is as good as one that was never reached: the next start goes on with it.
    if (context.stop.draining()) return of<Fact>({ type: "run.skipped", because: "stopping", ...here });
    const place: RunPlace = { batch, run, directory: run.directory, variables: variablesOf(batch, run, cycle) };
    const { index, directory, fingerprint } = run;
    return concat(
      of<Fact>({
        ...{ type: "run.started", index, directory, ...here },
        ...(fingerprint !== undefined && { fingerprint }),
      } as const),
      prepared$(context, place, here, past),
      tasks$(context, "pre_run", batch.pre_run, place, { here, past: past?.tasks }),
      jobAndAfter$(context, place, here, seats, past),
    ).pipe(
      endWithOutcome((end) =>
        steers(batch, end)
          ? { type: "run.skipped", because: "check", ...here }
          : { type: "run.finished", ...here, ...end },
      ),
    );
  });

/** Makes sure that nobody else's directory is in the way, and says so, before anything is made. */
const prepared$ = (context: Context, place: RunPlace, here: InRun, past: RunHistory | undefined): Observable<Fact> => {
  if (past?.prepared) return EMPTY;
  const outwaiting = retryWhileFull(
    context.settings.error_timeout,
    (message): Fact => ({ type: "run.waiting", because: "storage", message, ...here }),
  );
  return concat(
    past?.preparing ? EMPTY : context.effects.vacant$(place),
    of<Fact>({ type: "run.preparing", ...here }),
    context.effects.commit$(),
    context.effects.prepare$(place, past?.preparing ?? false).pipe(outwaiting),
    of<Fact>({ type: "run.prepared", ...here }),
  );
};

/** In a batch that repeats, a `pre_run` check with `fail: true` is how a run that is done already is left out. */
const steers = (batch: Batch, end: Outcome): boolean =>
  batch.repeat && !end.ok && end.failure.reason === "check" && (end.failure.task ?? "").startsWith("pre_run");

/** The job and `post_run`. Without a job file, or with submissions switched off, a run is its tasks alone. */
const jobAndAfter$ = (
  context: Context,
  place: RunPlace,
  here: InRun,
  seats: Slots,
  past: RunHistory | undefined,
): Observable<Fact> => {
  const { batch } = place;
  const after$ = tasks$(context, "post_run", batch.post_run, place, { here, past: past?.tasks });
  const script = context.settings.submission ? batch.job_file : undefined;
  if (script === undefined) return after$;
  const over = past?.job?.end;
  const seated$ =
    over === undefined
      ? concat(
          defer(() => (seats.full() ? of<Fact>({ type: "run.waiting", because: "maxjobs", ...here }) : EMPTY)),
          seats(() => job$(context, place, script, here, past?.job)),
        ).pipe(distinctUntilChanged(bothWait))
      : ended$(over);
  return batch.post_run_on_failure ? evenAfterFailure$(seated$, after$) : concat(seated$, after$);
};

const ended$ = (end: { readonly ok: true } | { readonly ok: false; readonly failure: Failure }): Observable<never> =>
  end.ok ? EMPTY : abandon$(end.failure);

/** Waiting for a seat, and then for the scheduler to have room, is one wait to a person. */
const bothWait = (before: Fact, now: Fact): boolean =>
  before.type === "run.waiting" &&
  now.type === "run.waiting" &&
  before.because === now.because &&
  before.message === now.message;

/** `post_run` even if the job failed; the run then fails with what the job failed with, whatever becomes of `post_run`. */
const evenAfterFailure$ = (job$: Observable<Fact>, after$: Observable<Fact>): Observable<Fact> =>
  concat(
    job$.pipe(
      catchError((error: unknown) =>
        concat(
          error instanceof Abandon ? settled$(after$) : EMPTY,
          throwError(() => error),
        ),
      ),
    ),
    after$,
  );

/** The same, as if it never failed. */
const settled$ = (work$: Observable<Fact>): Observable<Fact> =>
  work$.pipe(catchError((error: unknown) => (error instanceof Abandon ? EMPTY : throwError(() => error))));
