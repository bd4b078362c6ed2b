/** The recorder, by which the journal gets every event before a view does. */
import { EMPTY, type MonoTypeOperatorFunction, type Observable, tap } from "rxjs";
import type { Event } from "../events/event.js";

/** A consumer of events: the journal. */
export interface Sink {
  append(event: Event): void;
  commit$(): Observable<never>;
}

export interface Recorder {
  readonly recorded: MonoTypeOperatorFunction<Event>;
  /** Gives the sink the events so far, and then each further event. */
  attach(sink: Sink): void;
  /** Completes once all events so far are durable. */
  commit$(): Observable<never>;
}

/** Holds events until a sink is attached, so a configuration that is refused leaves no trace. */
export const openRecorder = (): Recorder => {
  let sink: Sink | undefined;
  let held: Event[] = [];
  return {
    recorded: tap((event) => {
      if (sink === undefined) held.push(event);
      else sink.append(event);
    }),
    attach: (journal) => {
      sink = journal;
      for (const event of held) journal.append(event);
      held = [];
    },
    commit$: () => sink?.commit$() ?? EMPTY,
  };
};
