/** Back-pressure: who is refused for now waits, and with him all who would be refused as well. */
import { asyncScheduler, concat, defer, EMPTY, ignoreElements, merge, type Observable, Subject, take } from "rxjs";
import { after } from "../../operators/after.js";

export interface Gate {
  /** Completes when one may try. */
  readonly passed$: Observable<never>;
  /** Why it is shut, if it is. */
  shut(): string | undefined;
  /** Shuts it: the next try is made after a while, twice as long each time. Returns the seconds. */
  refused(why: string): number;
  /** One try went through: the others may follow. */
  passed(): void;
  /** There may be room again. */
  nudge(): void;
}

/** In seconds: how long it is shut at first, and at most. */
export const openGate = (first: number, longest: number): Gate => {
  let [until, pause] = [0, first];
  let why: string | undefined;
  const nudge$ = new Subject<void>();
  const left = () => Math.max(0, until - asyncScheduler.now()) / 1000;
  const passed$: Observable<never> = defer(() => {
    if (left() === 0) return EMPTY;
    return concat(merge(after(left()), nudge$).pipe(take(1), ignoreElements()), passed$);
  });
  return {
    passed$,
    shut: () => (left() > 0 ? why : undefined),
    refused: (reason) => {
      why = reason;
      // Two at once are refused for one reason.
      if (left() > 0) return Math.ceil(left());
      const seconds = pause;
      until = asyncScheduler.now() + seconds * 1000;
      pause = Math.min(pause * 2, longest);
      return seconds;
    },
    passed: () => {
      [until, pause] = [0, first];
      nudge$.next();
    },
    nudge: () => {
      until = 0;
      nudge$.next();
    },
  };
};
