/** Back-pressure: after a refusal, all submissions wait, twice as long after each further refusal. */
import { asyncScheduler, concat, defer, EMPTY, ignoreElements, merge, type Observable, Subject, take } from "rxjs";
import { after } from "../../operators/after.js";

export interface Backoff {
  /** Completes when a submission may be tried. */
  readonly ready$: Observable<never>;
  /** Why submissions wait, if they do. */
  reason(): string | undefined;
  /** Makes all submissions wait. Returns for how many seconds. */
  refused(why: string): number;
  /** A submission succeeded: the others may follow at once. */
  succeeded(): void;
  /** There may be room again: waiting submissions may try. */
  release(): void;
}

/** `first` and `longest`: the first and the longest pause, in seconds. */
export const openBackoff = (first: number, longest: number): Backoff => {
  let [until, pause] = [0, first];
  let reason: string | undefined;
  const release$ = new Subject<void>();
  const left = () => Math.max(0, until - asyncScheduler.now()) / 1000;
  const ready$: Observable<never> = defer(() => {
    if (left() === 0) return EMPTY;
    return concat(merge(after(left()), release$).pipe(take(1), ignoreElements()), ready$);
  });
  return {
    ready$,
    reason: () => (left() > 0 ? reason : undefined),
    refused: (why) => {
      reason = why;
      // Two submissions at once are refused for one reason.
      if (left() > 0) return Math.ceil(left());
      const seconds = pause;
      until = asyncScheduler.now() + seconds * 1000;
      pause = Math.min(pause * 2, longest);
      return seconds;
    },
    succeeded: () => {
      [until, pause] = [0, first];
      release$.next();
    },
    release: () => {
      until = 0;
      release$.next();
    },
  };
};
