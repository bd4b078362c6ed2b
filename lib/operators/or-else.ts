/** Another stream in the place of one that has nothing to tell. */
import { concat, defer, EMPTY, type MonoTypeOperatorFunction, type Observable, tap } from "rxjs";

/** Goes on with `other$` if the stream completes without a value. */
export const orElse =
  <T>(other$: Observable<T>): MonoTypeOperatorFunction<T> =>
  (first$) =>
    defer(() => {
      let empty = true;
      const seen$ = first$.pipe(
        tap(() => {
          empty = false;
        }),
      );
      return concat(
        seen$,
        defer(() => (empty ? other$ : EMPTY)),
      );
    });
