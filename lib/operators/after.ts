/** A timer for waits of any length. */
import { concat, defer, ignoreElements, type Observable, timer } from "rxjs";

/** The longest wait of a JavaScript timer: 24.8 days. A timer with a longer wait fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Emits once after the given seconds, even if they amount to a year. */
export const after = (seconds: number): Observable<unknown> => {
  const ms = seconds * 1000;
  if (ms <= LONGEST_MS) return timer(ms);
  return concat(
    timer(LONGEST_MS).pipe(ignoreElements()),
    defer(() => after(seconds - LONGEST_MS / 1000)),
  );
};
