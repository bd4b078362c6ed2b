/** Runs an ensemble, and gives every event its place. */
import { hostname } from "node:os";
import { concat, concatMap, defer, type Observable, of } from "rxjs";
import type { BackendModule } from "../backends/module.js";
import type { Backend, Stop } from "../effects/effects.js";
import { EVENT_SCHEMA, type Event, type Fact } from "../events/event.js";
import { openRecorder, type Recorder } from "../journal/recorder.js";
import { stamp } from "../operators/stamp.js";
import { type Ensemble, type Settings, settingsOf } from "../plan/plan.js";
import { bootId } from "../system/processes/process-identity.js";
import type { ReadOptions } from "./examine.js";

/** How a plan is run: what the command line says, where jobs go, and what stops it. Times are in seconds. */
export interface RunOptions extends Partial<Settings> {
  /** Where jobs go: `dummy` runs them on this machine. A module has its backend made with what it may need. */
  readonly backend?: "dummy" | "slurm" | Backend | BackendModule;
  /** Jobs only take time, and may fail: `time=1..5s fail=0.1 seed=1`. No backend is asked. */
  readonly simulate?: string;
  /**
   * A directory for the journal: with it, the same ensemble started again goes on from where it was. Without it, nothing
   * is remembered.
   */
  readonly state?: string;
  /** Failed runs to try again: all of them, or those that failed for one of these causes. */
  readonly retry?: boolean | readonly string[];
  /** Put what the state directory holds aside, and begin anew. */
  readonly fresh?: boolean;
  /** Go on with runs that are not what they were when they were begun. */
  readonly acceptChanges?: boolean;
  /** Go on in the place of an instance of which it cannot be told whether it still runs. */
  readonly takeOver?: boolean;
  /** What tells the ensemble to stop. By default nothing does; unsubscribing lets go of everything at once. */
  readonly stop?: Stop;
}

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
