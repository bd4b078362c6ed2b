/** The end of a piece of work, told as an event. */
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
 * Ends a stream with the event that tells how it went and how long it took. An `Abandon` is settled here, unless
 * `passOn` says that whoever stands further out has to know too. Anything else is a bug in us and goes through.
 */
export const endWithOutcome =
  (last: (end: Outcome & Duration) => Fact, passOn = false): OperatorFunction<Fact, Fact> =>
  (work$) =>
    defer(() => {
      const began = asyncScheduler.now();
      // A clock that is set back must not make work take less than no time.
      const told$ = (outcome: Outcome): Observable<Fact> =>
        defer(() => of(last({ ...outcome, elapsed_s: Math.max(0, asyncScheduler.now() - began) / 1000 })));
      return concat(work$, told$({ ok: true })).pipe(
        catchError((error: unknown) => {
          if (!(error instanceof Abandon)) return throwError(() => error);
          const end$ = told$({ ok: false, failure: error.failure });
          return passOn
            ? concat(
                end$,
                throwError(() => error),
              )
            : end$;
        }),
      );
    });
