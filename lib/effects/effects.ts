/** What the stream may ask of the world: types only. The real thing is in the rooms at the edge; specs have timers. */
import type { Observable } from "rxjs";
import type { Ending } from "../events/failure.js";
import type { Batch, Run, Task } from "../plan/plan.js";
import type { Variables } from "../plan/values.js";
import type { Backend } from "./backend.js";

export interface Effects {
  readonly backend: Backend;
  /** Makes the batch's base directory. Fails as `directory` or `storage`. */
  open$(batch: Batch): Observable<never>;
  /** Renders every run of these batches in memory, where their templates are new or changed. Fails as `template`. */
  check$(batches: readonly Batch[]): Observable<never>;
  /** Completes if a run's directory may be made: nothing is there, or what is there may be kept. Fails as `directory`. */
  vacant$(place: RunPlace): Observable<never>;
  /**
   * Makes a run's directory and renders its templates. `own`: one that is there already is the run's own, from an earlier
   * start, and kept. Fails as `directory`, `template` or `storage`.
   */
  prepare$(place: RunPlace, own: boolean): Observable<never>;
  /** Does a task, or looks once whether a check holds. What it starts leaves a trace under the name of the claim. */
  perform$(task: WorldTask, place: Place, claim: string): Observable<CheckResult>;
  /**
   * How an earlier start's command ended, which was begun under that claim; it is waited for where it still runs.
   * Completes without a value where it was never started, and sees to it that it never will be.
   */
  reattach$(claim: string, boot: string): Observable<Ending | "unknown">;
  /** Completes once all that was told so far is sure to be remembered. */
  commit$(): Observable<never>;
}

/** The tasks that act on the world outside the scheduler's queue. */
export type WorldTask = Exclude<Task, { name: "submit" }>;

/** Where a task is done: for the ensemble, for a batch, or for a run. */
export interface Place {
  /** The working directory of its commands. */
  readonly directory: string;
  /** What `run.` stands for in its arguments. */
  readonly variables: Variables;
  readonly batch?: Batch;
  readonly run?: Run;
}

export interface RunPlace extends Place {
  readonly batch: Batch;
  readonly run: Run;
}

/** What one look of a check, or the end of a task, found. */
export type CheckResult = { readonly holds: true } | { readonly holds: false; readonly message: string };
