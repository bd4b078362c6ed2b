/** The options of a start: the partial ones of a caller, and the complete ones that the wiring uses. */
import { NEVER } from "rxjs";
import type { BackendChoice } from "../backends/registry.js";
import type { Stop } from "../effects/stop.js";
import type { Recorder } from "../journal/recorder.js";
import type { Ensemble } from "../plan/plan.js";
import { type Settings, settingsOf } from "../plan/settings.js";
import type { Value } from "../plan/values.js";
import type { Templates } from "../templates/templates.js";

/** How a plan is run: the settings, the backend, the journal, and the stop. Times are in seconds. */
export interface RunOptions extends Partial<Settings>, BackendChoice {
  /**
   * A directory for the journal: the next start of the same ensemble with this directory resumes the ensemble. Without
   * it, the program keeps no journal.
   */
  readonly state?: string;
  /** Failed runs to retry: all of them, or those that failed for one of these causes. */
  readonly retry?: boolean | readonly string[];
  /** Move what the state directory holds aside, and start over. */
  readonly fresh?: boolean;
  /** Resume even if unfinished runs have changed since they were started. */
  readonly acceptChanges?: boolean;
  /** Take over from another instance if this host cannot tell whether it is alive, and its heartbeat has stopped. */
  readonly takeOver?: boolean;
  /** What tells the ensemble to stop, by default nothing. An unsubscription always interrupts everything at once. */
  readonly stop?: Stop;
}

/** How a configuration is read. */
export interface ReadOptions {
  /** The directory to which relative paths refer. By default the current directory. */
  readonly directory?: string;
  /** Variables that win over all others, as `-x name=value` gives them. */
  readonly extra?: Readonly<Record<string, Value>>;
}

/** All options of one start, resolved: the wiring passes this and nothing else. */
export interface Start {
  readonly settings: Settings;
  readonly reading: Required<ReadOptions>;
  readonly backend: BackendChoice;
  /** Absent if the program keeps no journal. */
  readonly journal: JournalOptions | undefined;
  readonly stop: Stop;
}

/** How the journal of an ensemble is opened and resumed. */
export interface JournalOptions {
  /** The state directory. */
  readonly directory: string;
  readonly fresh: boolean;
  readonly takeOver: boolean;
  readonly acceptChanges: boolean;
  readonly retry: boolean | readonly string[];
}

/** A plan that is about to start, and everything that the start needs. */
export interface Launch {
  readonly plan: Ensemble;
  readonly start: Start;
  readonly templates: Templates;
  /** Present if there is a journal. */
  readonly recorder: Recorder | undefined;
}

/** Resolves the options of a start. */
export const startOf = (options: ReadOptions & RunOptions): Start => {
  const { directory = process.cwd(), extra = {}, backend, simulate, stop = NEVER_STOP } = options;
  const { state, fresh = false, takeOver = false, acceptChanges = false, retry = false } = options;
  return {
    settings: settingsOf(options),
    reading: { directory, extra },
    backend: { ...(backend !== undefined && { backend }), ...(simulate !== undefined && { simulate }) },
    journal: state === undefined ? undefined : { directory: state, fresh, takeOver, acceptChanges, retry },
    stop,
  };
};

const NEVER_STOP: Stop = { draining: () => false, drain$: NEVER, now$: NEVER };
