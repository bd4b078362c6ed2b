/** Starts a local job again whose shell has started, but found no room for the job itself. */
import { map, type Observable, of, retry, switchMap, throwError, timer } from "rxjs";
import type { ProcessEvent } from "../effects/process.js";
import { Abandon, shortageOf } from "../events/failure.js";

/** How long the machine gets to find room. */
const PAUSE_MS = 1000;
/** The time after which a job that was started again counts as running: by then, its shell has found room for it. */
const SETTLED_MS = 1000;

/**
 * The stream tries again what did not start. A job that was handed over as started is its backend's matter: as on a scheduler,
 * such a job is pending. `waiting` tells why, once for each wait; a `started` after that ends the wait.
 */
export const startAgain$ = (
  process$: Observable<ProcessEvent>,
  waiting: (message: string) => void,
): Observable<ProcessEvent> => {
  let [handedOver, waits] = [false, false];
  return process$.pipe(
    switchMap((event) => {
      const again = waits && event.type === "started";
      handedOver = true;
      return (again ? timer(SETTLED_MS) : of(0)).pipe(
        map(() => {
          if (again) waits = false;
          return event;
        }),
      );
    }),
    retry({
      delay: (error: unknown) => {
        const passes = handedOver && error instanceof Abandon && shortageOf(error.failure) !== undefined;
        if (!passes) return throwError(() => error);
        if (!waits) waiting(error.message);
        waits = true;
        return timer(PAUSE_MS);
      },
    }),
  );
};
