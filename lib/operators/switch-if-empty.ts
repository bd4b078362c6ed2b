/** Another stream in the place of one that has nothing to tell. */
import { concat, defer, EMPTY, type MonoTypeOperatorFunction, type Observable, tap } from "rxjs";

/** Goes on with `other$` if the stream completes without a value that counts. */
export const switchIfEmpty =
  <T>(other$: Observable<T>, counts: (value: T) => boolean = () => true): MonoTypeOperatorFunction<T> =>
  (first$) =>
    defer(() => {
      let none = true;
      const seen$ = first$.pipe(
        tap((value) => {
          if (counts(value)) none = false;
        }),
      );
      return concat(
        seen$,
        defer(() => (none ? other$ : EMPTY)),
      );
    });
