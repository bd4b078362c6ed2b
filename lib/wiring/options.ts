/** The options of a start, as the library takes them. */
import type { BackendChoice } from "../backends/registry.js";
import type { Stop } from "../effects/stop.js";
import type { Settings } from "../plan/settings.js";
import type { Value } from "../plan/values.js";

/** How a plan is run: what the command line says, where jobs go, and what stops it. Times are in seconds. */
export interface RunOptions extends Partial<Settings>, BackendChoice {
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

export interface ReadOptions {
  /** What relative paths are relative to. By default the current directory. */
  readonly directory?: string;
  /** Variables that win over all others, as `-x name=value` gives them. */
  readonly extra?: Readonly<Record<string, Value>>;
}
