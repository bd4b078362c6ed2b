/** An operator that continues with another stream if the first one is empty. */
import { concat, defer, EMPTY, type MonoTypeOperatorFunction, type Observable, tap } from "rxjs";

/** Continues with `other$` if the stream completes and `counts` was true of none of its values. */
export const switchIfEmpty =
  <T>(other$: Observable<T>, counts: (value: T) => boolean = () => true): MonoTypeOperatorFunction<T> =>
  (first$) =>
    defer(() => {
      let empty = true;
      const watched$ = first$.pipe(
        tap((value) => {
          if (counts(value)) empty = false;
        }),
      );
      return concat(
        watched$,
        defer(() => (empty ? other$ : EMPTY)),
      );
    });
