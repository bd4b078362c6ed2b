/** Work that outwaits a full disk. */
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

/** What goes away when somebody makes room. The rest (read-only, broken) does not, and fails the run. */
const PASSING = new Set(["ENOSPC", "EDQUOT"]);

/**
 * Starts work again, every so many seconds, for as long as it fails because the file system is full, and tells so the
 * first time. A disk that is full for an hour would otherwise cost every run that is due in that hour.
 */
export const retryWhileFull =
  <T>(every: number, waiting: (message: string) => T): OperatorFunction<never, T> =>
  (work$) =>
    defer(() => {
      let told = false;
      return concat(work$, of(undefined)).pipe(
        catchError(refusal$),
        repeat({ delay: () => after(every) }),
        takeWhile((refusal) => refusal !== undefined),
        concatMap((refusal): Observable<T> => {
          if (told) return EMPTY;
          told = true;
          return of(waiting(refusal.message));
        }),
      );
    });

const refusal$ = (error: unknown): Observable<Abandon> => (isFull(error) ? of(error) : throwError(() => error));

/** Whether work has failed for want of room. */
export const isFull = (error: unknown): error is Abandon =>
  error instanceof Abandon && error.failure.reason === "storage" && PASSING.has(error.failure.code);
