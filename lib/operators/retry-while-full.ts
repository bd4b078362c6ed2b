/** An operator that retries work while the file system is full. */
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  type Observable,
  type OperatorFunction,
  of,
  repeat,
  takeWhile,
  throwError,
} from "rxjs";
import { Abandon } from "../events/failure.js";
import { after } from "./after.js";

/** The errors that end once the user makes room. Others (read-only, broken) do not end, and fail the run. */
const FULL = new Set(["ENOSPC", "EDQUOT"]);

/**
 * Retries work, after `every` seconds each time, while the file system is full. Emits `waiting(…)` once. Without
 * retries, a disk that is full for an hour would fail every run that starts in that hour.
 */
export const retryWhileFull =
  <T>(every: number, waiting: (message: string) => T): OperatorFunction<never, T> =>
  (work$) =>
    defer(() => {
      let waits = false;
      return concat(work$, of(undefined)).pipe(
        catchError(refusal$),
        repeat({ delay: () => after(every) }),
        takeWhile((refusal) => refusal !== undefined),
        concatMap((refusal): Observable<T> => {
          if (waits) return EMPTY;
          waits = true;
          return of(waiting(refusal.message));
        }),
      );
    });

const refusal$ = (error: unknown): Observable<Abandon> => (isFull(error) ? of(error) : throwError(() => error));

/** Whether the work failed because the file system is full. */
export const isFull = (error: unknown): error is Abandon =>
  error instanceof Abandon && error.failure.reason === "storage" && FULL.has(error.failure.code);
