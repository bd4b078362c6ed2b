/** The stream of a start, from the first event on. */
import { hostname } from "node:os";
import { concat, concatAll, defer, type Observable, of } from "rxjs";
import { EVENT_SCHEMA, type Event, type Fact } from "../events/event.js";
import { openRecorder, type Recorder } from "../journal/recorder.js";
import { stamp } from "../operators/stamp.js";
import { bootId } from "../system/processes/process-identity.js";
import type { Start } from "./options.js";

/**
 * Emits `stream.opened`, then loads the rest of the program and emits its events. Loading takes a while, so this file
 * imports nothing heavy. With a journal, every event is recorded before a subscriber sees it.
 */
export const started$ = (
  start: Start,
  load: (recorder: Recorder | undefined) => Promise<Observable<Fact>>,
): Observable<Event> =>
  defer(() => {
    const recorder = start.journal && openRecorder();
    const work$ = defer(() => load(recorder)).pipe(concatAll());
    const event$ = concat(opened$(start), work$).pipe(stamp());
    return recorder === undefined ? event$ : event$.pipe(recorder.recorded);
  });

const opened$ = ({ reading: { directory } }: Start): Observable<Fact> =>
  defer(() =>
    of<Fact>({
      type: "stream.opened",
      schema: EVENT_SCHEMA,
      version: VERSION,
      host: hostname(),
      boot: bootId(),
      pid: process.pid,
      directory,
    }),
  );

/** The version of the program: the build puts it here. */
export const VERSION = process.env.MODEL_ENSEMBLER_VERSION ?? "0.0.0";
