/** The journal's place in the pipe: every event goes into it before anybody else sees it. */
import { EMPTY, type MonoTypeOperatorFunction, type Observable, tap } from "rxjs";
import type { Event } from "../events/event.js";

/** What takes events. */
export interface Sink {
  append(event: Event): void;
  commit$(): Observable<never>;
}

export interface Recorder {
  readonly recorded: MonoTypeOperatorFunction<Event>;
  /** What was told so far goes in first, and then all that follows. */
  attach(sink: Sink): void;
  /** Completes once all that was told so far is sure to be remembered. */
  commit$(): Observable<never>;
}

/** What was told before there is a sink is held: a configuration that is refused leaves no trace. */
export const openRecorder = (): Recorder => {
  let sink: Sink | undefined;
  let before: Event[] = [];
  return {
    recorded: tap((event) => {
      if (sink === undefined) before.push(event);
      else sink.append(event);
    }),
    attach: (to) => {
      sink = to;
      for (const event of before) to.append(event);
      before = [];
    },
    commit$: () => sink?.commit$() ?? EMPTY,
  };
};
