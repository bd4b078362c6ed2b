/** The options of a start: as a caller of the library gives them, and as one bundle with every default in its place. */
import { NEVER } from "rxjs";
import type { BackendChoice } from "../backends/registry.js";
import type { Stop } from "../effects/stop.js";
import type { Recorder } from "../journal/recorder.js";
import type { Ensemble } from "../plan/plan.js";
import { type Settings, settingsOf } from "../plan/settings.js";
import type { Value } from "../plan/values.js";
import type { Templates } from "../templates/templates.js";

/** How a plan is run: what the command line says, where jobs go, and what stops it. Times are in seconds. */
export interface RunOptions extends Partial<Settings>, BackendChoice {
  /**
   * A directory for the journal: with it, starting the same ensemble again resumes it. Without it, the program
   * remembers nothing.
   */
  readonly state?: string;
  /** Failed runs to retry: all of them, or those that failed for one of these causes. */
  readonly retry?: boolean | readonly string[];
  /** Move what the state directory holds aside, and start over. */
  readonly fresh?: boolean;
  /** Resume even if unfinished runs have changed since they were started. */
  readonly acceptChanges?: boolean;
  /** Take over from another instance whose state this host cannot tell, if it gives no sign of life. */
  readonly takeOver?: boolean;
  /** What tells the ensemble to stop. By default nothing does; unsubscribing lets go of everything at once. */
  readonly stop?: Stop;
}

/** How a configuration is read. */
export interface ReadOptions {
  /** What relative paths are relative to. By default the current directory. */
  readonly directory?: string;
  /** Variables that win over all others, as `-x name=value` gives them. */
  readonly extra?: Readonly<Record<string, Value>>;
}

/** All options of one start, resolved: the wiring passes this and nothing else. */
export interface Start {
  readonly settings: Settings;
  readonly reading: Required<ReadOptions>;
  readonly backend: BackendChoice;
  /** Absent where the program remembers nothing. */
  readonly journal: JournalOptions | undefined;
  readonly stop: Stop;
}

/** How the journal of an ensemble is opened, and what of it is resumed. */
export interface JournalOptions {
  /** The state directory. */
  readonly directory: string;
  readonly fresh: boolean;
  readonly takeOver: boolean;
  readonly acceptChanges: boolean;
  readonly retry: boolean | readonly string[];
}

/** A plan that is started now, and what it is started with. */
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
