/** Back-pressure: who is refused for now waits, and with him all who would be refused as well. */
import { asyncScheduler, concat, defer, EMPTY, ignoreElements, merge, type Observable, Subject, take } from "rxjs";
import { after } from "../../operators/after.js";

export interface Backoff {
  /** Completes when one may try. */
  readonly ready$: Observable<never>;
  /** Why it is shut, if it is. */
  reason(): string | undefined;
  /** Shuts it: the next try is made after a while, twice as long each time. Returns the seconds. */
  refused(why: string): number;
  /** One try went through: the others may follow. */
  succeeded(): void;
  /** There may be room again. */
  release(): void;
}

/** In seconds: how long it is shut at first, and at most. */
export const openBackoff = (first: number, longest: number): Backoff => {
  let [until, pause] = [0, first];
  let why: string | undefined;
  const nudge$ = new Subject<void>();
  const left = () => Math.max(0, until - asyncScheduler.now()) / 1000;
  const passed$: Observable<never> = defer(() => {
    if (left() === 0) return EMPTY;
    return concat(merge(after(left()), nudge$).pipe(take(1), ignoreElements()), passed$);
  });
  return {
    ready$: passed$,
    reason: () => (left() > 0 ? why : undefined),
    refused: (reason) => {
      why = reason;
      // Two at once are refused for one reason.
      if (left() > 0) return Math.ceil(left());
      const seconds = pause;
      until = asyncScheduler.now() + seconds * 1000;
      pause = Math.min(pause * 2, longest);
      return seconds;
    },
    succeeded: () => {
      [until, pause] = [0, first];
      nudge$.next();
    },
    release: () => {
      until = 0;
      nudge$.next();
    },
  };
};
