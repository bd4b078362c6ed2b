/** The effects that the stream may have on the world, as types. The rooms at the edge implement them. */
import type { Observable } from "rxjs";
import type { Ending } from "../events/failure.js";
import type { Copied } from "../events/run.js";
import type { Batch, Run, Task } from "../plan/plan.js";
import type { Variables } from "../plan/values.js";
import type { Backend } from "./backend.js";

export interface Effects {
  readonly backend: Backend;
  /** Makes the batch's base directory. Fails with reason `directory` or `storage`. */
  open$(batch: Batch): Observable<never>;
  /** Renders every run of these batches in memory, if their templates are new or changed. Fails with reason `template`. */
  check$(batches: readonly Batch[]): Observable<never>;
  /**
   * Completes if the run's directory may be made: nothing is in its place, or what is there may be kept. Fails with
   * reason `directory`.
   */
  vacant$(place: RunPlace): Observable<never>;
  /**
   * Makes a run's directory and renders its templates. `own`: if the directory exists, an earlier start of this run made
   * it, and it is kept. Emits the files of the template directory that have changed since an earlier run, or the start,
   * if there are any. Fails with reason `directory`, `template` or `storage`.
   */
  prepare$(place: RunPlace, own: boolean): Observable<readonly string[]>;
  /** Does a task, or runs a check once. A process of the task leaves a trace under the name of the claim. */
  perform$(task: WorldTask, place: Place, claim: string): Observable<CheckResult>;
  /**
   * Waits for the end of the command that an earlier start ran under this claim, and emits how the command ended.
   * Completes without a value if the command was never started, and makes sure that it never will be.
   */
  reattach$(claim: string, boot: string): Observable<Ending | "unknown">;
  /** Completes once every event so far is safely on disk. */
  commit$(): Observable<never>;
}

/** The tasks that are done on this machine: all but `submit`. */
export type WorldTask = Exclude<Task, { name: "submit" }>;

/** The directory and the variables of a task, and the batch and the run that the task belongs to, if any. */
export interface Place {
  /** The working directory of its commands. */
  readonly directory: string;
  /** The variables to which `run.…` in the task's arguments refers. */
  readonly variables: Variables;
  readonly batch?: Batch;
  readonly run?: Run;
}

export interface RunPlace extends Place {
  readonly batch: Batch;
  readonly run: Run;
}

/**
 * The result of a check, or of a task that has ended. `message` says why a check does not hold, or what a task did
 * otherwise than asked.
 */
export type CheckResult =
  | { readonly holds: true; readonly copied?: Copied; readonly message?: string }
  | { readonly holds: false; readonly message: string };
