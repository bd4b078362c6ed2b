/** An operator that ends a piece of work with an event on its outcome. */
import {
  asyncScheduler,
  catchError,
  concat,
  defer,
  type Observable,
  type OperatorFunction,
  of,
  throwError,
} from "rxjs";
import type { Duration, Fact, Outcome } from "../events/event.js";
import { Abandon } from "../events/failure.js";

/**
 * Ends a stream with an event that carries the outcome and the elapsed time. The event takes the place of an `Abandon`.
 * With `rethrow`, the `Abandon` follows the event, for the enclosing work. Any other error is a bug and passes through.
 */
export const endWithOutcome =
  (last: (end: Outcome & Duration) => Fact, { rethrow = false } = {}): OperatorFunction<Fact, Fact> =>
  (work$) =>
    defer(() => {
      const start = asyncScheduler.now();
      // The elapsed time must not be negative if the clock is set back.
      const ended$ = (outcome: Outcome): Observable<Fact> =>
        defer(() => of(last({ ...outcome, elapsed_s: Math.max(0, asyncScheduler.now() - start) / 1000 })));
      return concat(work$, ended$({ ok: true })).pipe(
        catchError((error: unknown) => {
          if (!(error instanceof Abandon)) return throwError(() => error);
          const end$ = ended$({ ok: false, failure: error.failure });
          return rethrow
            ? concat(
                end$,
                throwError(() => error),
              )
            : end$;
        }),
      );
    });
