/** An operator that retries work while the file system is full, or this machine has no room for a process or file. */
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  map,
  type Observable,
  type OperatorFunction,
  of,
  repeat,
  takeWhile,
  throwError,
} from "rxjs";
import { Abandon, type Shortage, shortageOf } from "../events/failure.js";
import { after } from "./after.js";

/** Why work waits. */
export interface Wait {
  readonly because: Shortage;
  readonly message: string;
}

/**
 * Retries work that found no room, after `every` seconds each time, and sooner if the machine has no room, since processes
 * end by themselves. Emits `waiting(…)` once. Without retries, a disk that is full for an hour would fail every run that
 * starts in that hour.
 */
export const retryWhileFull =
  <T, W>(every: number, waiting: (wait: Wait) => W): OperatorFunction<T, T | W> =>
  (work$) =>
    defer(() => {
      let [waits, tries, pause] = [false, 0, every];
      const refused$ = (error: unknown): Observable<RetryStep<T>> => {
        const because = shortageIn(error);
        tries += 1;
        // What this program alone holds open, nothing else can close.
        if (because === undefined || (tries > MAX_TRIES && codeIn(error) === "EMFILE")) return throwError(() => error);
        pause = because === "machine" ? Math.min(every, MACHINE_S) : every;
        return of({ wait: { because, message: (error as Abandon).message } });
      };
      return concat(work$.pipe(map((value): RetryStep<T> => ({ value }))), of({ done: true } as const)).pipe(
        catchError(refused$),
        repeat({ delay: () => after(pause) }),
        takeWhile((step) => !("done" in step)),
        concatMap((step): Observable<T | W> => {
          if ("value" in step) return of(step.value);
          if (waits || !("wait" in step)) return EMPTY;
          waits = true;
          return of(waiting(step.wait));
        }),
      );
    });

type RetryStep<T> = { readonly value: T } | { readonly wait: Wait } | { readonly done: true };

const MACHINE_S = 1;
const MAX_TRIES = 600;

const shortageIn = (error: unknown): Shortage | undefined =>
  error instanceof Abandon ? shortageOf(error.failure) : undefined;

const codeIn = (error: unknown): string | undefined =>
  error instanceof Abandon && "code" in error.failure ? error.failure.code : undefined;

/** Whether the work failed because it found no room. */
export const isFull = (error: unknown): error is Abandon => shortageIn(error) !== undefined;
