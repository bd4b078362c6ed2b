/** Runs an ensemble, and gives every event its place. */
import { hostname } from "node:os";
import { concat, concatMap, defer, type Observable, of } from "rxjs";
import { EVENT_SCHEMA, type Event, type Fact } from "../events/event.js";
import { openRecorder, type Recorder } from "../journal/recorder.js";
import { stamp } from "../operators/stamp.js";
import { type Ensemble } from "../plan/plan.js";
import { settingsOf } from "../plan/settings.js";
import { bootId } from "../system/processes/process-identity.js";
import type { ReadOptions, RunOptions } from "./options.js";

/**
 * Runs a plan. Cold: it starts when it is subscribed to, and unsubscribing lets go of it. `stream.opened` comes first,
 * `ensemble.finished` last. What goes wrong in runs is told by events; the stream itself fails by a mistake in this
 * program only, or for a backend or a simulation that there is not (`RangeError`).
 */
export const runEnsemble = (plan: Ensemble, options: RunOptions = {}): Observable<Event> =>
  recorded$(options, plan.directory, (recorder) =>
    play$.pipe(concatMap(({ planned$ }) => planned$(plan, options, settingsOf(options), recorder))),
  );

/**
 * Reads a configuration and runs it. A configuration that cannot be run ends the stream with `configuration.refused`;
 * nothing has been done then.
 */
export const runConfiguration = (file: string, options: ReadOptions & RunOptions = {}): Observable<Event> =>
  recorded$(options, options.directory ?? process.cwd(), (recorder) =>
    play$.pipe(concatMap(({ configured$ }) => configured$(file, options, settingsOf(options), recorder))),
  );

/** The stream from its first event. With a state directory, each goes into the journal before anybody sees it. */
const recorded$ = (
  { state }: RunOptions,
  directory: string,
  work: (recorder: Recorder | undefined) => Observable<Fact>,
): Observable<Event> =>
  defer(() => {
    const recorder = state === undefined ? undefined : openRecorder();
    const event$ = concat(opened$(directory), work(recorder)).pipe(stamp());
    return recorder === undefined ? event$ : event$.pipe(recorder.recorded);
  });

/** All that reading and running need, which takes a while to load: whoever listens is told of the start before. */
const play$ = defer(() => import("./start.js"));

const opened$ = (directory: string): Observable<Fact> =>
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
