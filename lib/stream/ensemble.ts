/** An ensemble: `pre_process`, its batches side by side, `post_process`. Start reading here. */
import { concat, concatMap, defer, EMPTY, map, merge, type Observable, of, Subject, takeUntil, tap } from "rxjs";
import type { Place } from "../effects/effects.js";
import type { EnsembleStarted, Fact } from "../events/event.js";
import { resumedFact } from "../history/resumed-fact.js";
import { endWithOutcome } from "../operators/end-with-outcome.js";
import { reduce } from "../state/reduce.js";
import { batchesFailed, hasSucceeded, initial, type State, tally, totalsInBatch } from "../state/state.js";
import { batch$ } from "./batch.js";
import { abandon$, type Context, unlessDraining$ } from "./context.js";
import { tasks$ } from "./task.js";

/**
 * Runs an ensemble and emits everything that happens, in order. Unsubscribing interrupts all work; jobs stay in the
 * scheduler's queue.
 */
export const ensemble$ = (context: Context): Observable<Fact> =>
  defer(() => {
    const { plan, effects } = context;
    const place: Place = { directory: plan.directory, variables: plan.vars };
    const state = initial();
    const workEnded$ = new Subject<void>();
    const work$ = concat(
      tasks$(context, "pre_process", plan.pre_process, place, { ids: {}, past: context.past.tasks }),
      unlessDraining$(context),
      // The templates that `pre_process` made are checked before any batch starts, unless `pre_batch` may still change
      // them.
      plan.pre_process.length > 0
        ? effects.check$(plan.batches.filter((batch) => batch.pre_batch.length === 0))
        : EMPTY,
      batches$(context, state),
      unlessDraining$(context),
      tasks$(context, "post_process", plan.post_process, place, { ids: {}, past: context.past.tasks }),
      defer(() => partsFailed$(tally(state).failed, batchesFailed(state))),
    );
    return concat(
      of(startedFact(context)),
      context.past.backend === undefined ? EMPTY : of<Fact>(resumedFact(plan, context.past)),
      merge(
        merge(stopping$(context), effects.backend.notice$ ?? EMPTY).pipe(takeUntil(workEnded$)),
        work$.pipe(tap({ complete: () => workEnded$.next() })),
      ),
    ).pipe(
      tap((fact) => reduce(state, fact)),
      map((fact) => (fact.type === "batch.finished" ? { ...fact, ...totalsInBatch(state, fact.batch) } : fact)),
      endWithOutcome((end) => ({
        ...{ type: "ensemble.finished", ensemble: plan.name },
        ...tally(state),
        ...(state.ignored > 0 && { ignored: state.ignored }),
        ...end,
      })),
    );
  });

/** Runs all batches at once, except those that have to come `after` others, or need the success of others. */
const batches$ = (context: Context, state: State): Observable<Fact> =>
  defer(() => {
    const ended = new Map(context.plan.batches.map(({ name }) => [name, new Subject<never>()]));
    return merge(
      ...context.plan.batches.map((batch) =>
        concat(
          ...batch.after.map((name) => ended.get(name) ?? EMPTY),
          defer(() => {
            if (context.stop.draining()) return EMPTY;
            // A batch that an earlier start has begun goes on: its jobs may be in the queue.
            const hasBegun = (context.past.batches.get(batch.name)?.runs.size ?? 0) > 0;
            const missing = hasBegun ? undefined : batch.needs.find((name) => !hasSucceeded(state, name));
            if (missing === undefined) return batch$(context, batch);
            return of<Fact>({ type: "batch.held", batch: batch.name, needs: missing });
          }),
        ).pipe(tap({ complete: () => ended.get(batch.name)?.complete() })),
      ),
    );
  });

/**
 * Emits `ensemble.stopping`. For `let_go` (interrupt everything), this stream then fails, and so everything merged with
 * it is unsubscribed from.
 */
const stopping$ = ({ stop }: Context): Observable<Fact> =>
  merge(
    stop.drain$.pipe(map((message): Fact => ({ type: "ensemble.stopping", how: "drain", message }))),
    stop.now$.pipe(
      concatMap((message) =>
        concat(of<Fact>({ type: "ensemble.stopping", how: "let_go", message }), abandon$({ reason: "interrupted" })),
      ),
    ),
  );

/** Fails an ensemble that has come to its end if a run or a batch failed on the way. */
const partsFailed$ = (runs: number, batches: number): Observable<never> =>
  runs + batches === 0 ? EMPTY : abandon$({ reason: "parts", runs, batches });

const startedFact = ({ plan, effects, place }: Context): EnsembleStarted => ({
  type: "ensemble.started",
  ensemble: plan.name,
  configuration: plan.configuration,
  backend: effects.backend.name,
  pre_process: plan.pre_process.length,
  post_process: plan.post_process.length,
  batches: plan.batches.map(({ name, runs, maxruns, maxjobs, after, digest }) => ({
    batch: name,
    runs: runs.length,
    maxruns,
    maxjobs,
    after,
    ...(digest !== undefined && { digest }),
  })),
  ...(place !== undefined && { place }),
});
