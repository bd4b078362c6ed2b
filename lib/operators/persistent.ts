/** Work that outwaits a full disk. */
import { catchError, concat, concatMap, defer, type Observable, type OperatorFunction, of, throwError } from "rxjs";
import { Abandon } from "../failure.js";
import { after } from "./after.js";

/** What goes away when somebody makes room. The rest (read-only, broken) does not, and fails the run. */
const PASSING = new Set(["ENOSPC", "EDQUOT"]);

/**
 * Starts work again, every so many seconds, for as long as it fails because the file system is full, and tells so the
 * first time. A disk that is full for an hour would otherwise cost every run that is due in that hour.
 */
export const persistent =
  <T>(every: number, waiting: (message: string) => T): OperatorFunction<T, T> =>
  (work$) =>
    defer(() => {
      let told = false;
      const again$: Observable<T> = work$.pipe(
        catchError((error: unknown) => {
          if (!(error instanceof Abandon) || error.failure.reason !== "storage" || !PASSING.has(error.failure.code)) {
            return throwError(() => error);
          }
          const later$ = after(every).pipe(concatMap(() => again$));
          if (told) return later$;
          told = true;
          return concat(of(waiting(error.message)), later$);
        }),
      );
      return again$;
    });
