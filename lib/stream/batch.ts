/** A batch: `pre_batch`, its runs, `post_batch`. A repeating batch does all of that in cycles. */
import {
  concat,
  defer,
  EMPTY,
  from,
  mergeMap,
  type Observable,
  of,
  queueScheduler,
  repeat,
  subscribeOn,
  tap,
} from "rxjs";
import type { Place } from "../effects/effects.js";
import type { Fact, InRun, Outcome } from "../events/event.js";
import type { Failure } from "../events/failure.js";
import { type BatchHistory, cycleOf, outcomeOfEnd, type Tasks, workedEnd } from "../history/history.js";
import { after } from "../operators/after.js";
import { endWithOutcome } from "../operators/end-with-outcome.js";
import { slots } from "../operators/slots.js";
import { type Batch, type Run } from "../plan/plan.js";
import { skipCause } from "../plan/settings.js";
import { type Context, unlessDraining$ } from "./context.js";
import { earlierOf, run$ } from "./run.js";
import { tasks$ } from "./task.js";

/** Runs a batch. If its `pre_batch` or `post_batch` fails, so does the batch, but the stream always completes. */
export const batch$ = (context: Context, batch: Batch): Observable<Fact> =>
  defer(() => {
    const past = context.past.batches.get(batch.name);
    if (past?.finished?.ok) return EMPTY;
    // Resumes the cycle that an earlier start did not finish.
    let cycle = Math.max(0, (past?.cycle ?? 0) - 1);
    // A run that submitted no job in one cycle is skipped in later ones, as in the Python tool: loops rely on it.
    const jobless = new Set(expectsJobs(batch) ? joblessRuns(past) : []);
    const ends = pastEnds(batch, past);
    const hasRunsLeft = () =>
      batch.runs.some((run) => skipCause(run, context.settings) === undefined && !jobless.has(run.id));
    const repeats = () => batch.repeat && hasRunsLeft() && !context.stop.draining();
    const cycles$ = defer(() => cycle$(context, batch, ++cycle, { jobless, ends })).pipe(
      tap((fact) => {
        if (fact.type === "run.finished") ends.set(fact.run, fact);
      }),
      // Each cycle starts in a later turn: many cycles that end at once would overflow the stack.
      repeat({ delay: () => (repeats() ? after(0) : EMPTY) }),
    );
    return concat(
      of<Fact>({ type: "batch.started", batch: batch.name, runs: batch.runs.length }),
      context.effects.open$(batch),
      cycles$,
      // A loop that drains is interrupted: it has not reached its own end.
      batch.repeat ? unlessDraining$(context) : EMPTY,
    ).pipe(
      endWithOutcome((end) => {
        const outcome = !end.ok && endsLoop(batch, end.failure) ? { ok: true as const } : end;
        return { type: "batch.finished", batch: batch.name, cycles: cycle, ...outcome, elapsed_s: end.elapsed_s };
      }),
    );
  });

/** What the cycles of a repeating batch know of its runs. */
interface CyclesSoFar {
  /** The runs that submitted no job in an earlier cycle. */
  readonly jobless: Set<string>;
  /** How each run ended when it was last done. */
  readonly ends: ReadonlyMap<string, Outcome>;
}

const cycle$ = (context: Context, batch: Batch, cycle: number, loop: CyclesSoFar): Observable<Fact> => {
  const place: Place = {
    batch,
    directory: batch.basedir,
    variables: { ...batch.shared, batch_idx: cycle, ...batch.extra },
  };
  const owner = { ids: { batch: batch.name }, cycle, past: pastTasks(context, batch, cycle) };
  return concat(
    batch.repeat && cycle !== context.past.batches.get(batch.name)?.cycle
      ? of<Fact>({ type: "cycle.started", batch: batch.name, cycle })
      : EMPTY,
    tasks$(context, "pre_batch", batch.pre_batch, place, owner),
    unlessDraining$(context),
    context.effects.check$([batch]),
    runs$(context, batch, cycle, loop),
    unlessDraining$(context),
    tasks$(context, "post_batch", batch.post_batch, place, owner),
  );
};

const runs$ = (context: Context, batch: Batch, cycle: number, { jobless, ends }: CyclesSoFar): Observable<Fact> =>
  defer(() => {
    const jobSlots = slots(batch.maxjobs);
    const pastRuns = context.past.batches.get(batch.name)?.runs;
    const member$ = (run: Run): Observable<Fact> => {
      const past = pastRuns?.get(run.index);
      const before = past?.cycle === cycle ? past : undefined;
      if (before?.end !== undefined) return EMPTY;
      const because = skipCause(run, context.settings) ?? (jobless.has(run.id) ? "no_job" : undefined);
      const earlier = ends.get(run.id);
      if (because !== undefined)
        return of({ type: "run.skipped", because, ...idsOf(batch, run, cycle), ...earlierOf(earlier) });
      const work$ = run$(context, { batch, run, cycle, jobSlots, earlier, past: before });
      // A resumed run may have submitted its job in an earlier start.
      return expectsJobs(batch) && !before?.hadJob ? work$.pipe(trackJobless(jobless, run)) : work$;
    };
    // Jobs that are already in the scheduler get their slots first.
    const inFlight = (run: Run): boolean => pastRuns?.get(run.index)?.job !== undefined;
    const runs = [...batch.runs.filter(inFlight), ...batch.runs.filter((run) => !inFlight(run))];
    return from(runs).pipe(
      // Many runs that end at once must not nest, or `mergeMap` hangs: ReactiveX/rxjs#7334.
      mergeMap((run) => member$(run).pipe(subscribeOn(queueScheduler)), batch.maxruns),
    );
  });

/** How the runs of a repeating batch ended in earlier starts. */
const pastEnds = (batch: Batch, past: BatchHistory | undefined): Map<string, Outcome> => {
  const runs = batch.repeat ? [...(past?.runs.values() ?? [])] : [];
  return new Map(
    runs.flatMap((run) => {
      const end = workedEnd(run);
      return end === undefined ? [] : [[run.id, outcomeOfEnd(end)] as const];
    }),
  );
};

const expectsJobs = (batch: Batch): boolean => batch.repeat && batch.job_file !== undefined;

const joblessRuns = (past: BatchHistory | undefined): readonly string[] =>
  [...(past?.runs.values() ?? [])].filter(({ end, hadJob }) => end !== undefined && !hadJob).map(({ id }) => id);

/** What earlier starts did of the batch's own tasks in this cycle. */
const pastTasks = (context: Context, batch: Batch, cycle: number): Tasks | undefined => {
  const past = context.past.batches.get(batch.name);
  return past !== undefined && cycleOf(past) === cycle ? past.tasks : undefined;
};

/** A repeating batch ends when one of its own checks has `fail: true` and does not hold. */
const endsLoop = (batch: Batch, failure: Failure): boolean => batch.repeat && failure.reason === "check";

/** Counts a run as jobless until it submits a job. */
const trackJobless = (jobless: Set<string>, run: Run) =>
  tap<Fact>({
    subscribe: () => jobless.add(run.id),
    next: (fact) => {
      if (fact.type === "job.submitted" && fact.task === undefined) jobless.delete(run.id);
    },
  });

const idsOf = (batch: Batch, run: Run, cycle: number): InRun => ({ batch: batch.name, run: run.id, cycle, attempt: 1 });
