/** The effects that the stream may have on the world: types only, which the rooms at the edge implement. */
import type { Observable } from "rxjs";
import type { Ending } from "../events/failure.js";
import type { Copied } from "../events/run.js";
import type { Batch, Run, Task } from "../plan/plan.js";
import type { Variables } from "../plan/values.js";
import type { Backend } from "./backend.js";

export interface Effects {
  readonly backend: Backend;
  /** Makes the batch's base directory. Fails as `directory` or `storage`. */
  open$(batch: Batch): Observable<never>;
  /** Renders every run of these batches in memory, if their templates are new or changed. Fails as `template`. */
  check$(batches: readonly Batch[]): Observable<never>;
  /**
   * Completes if a run's directory may be made: its place is free, or what is there may be kept. Fails as `directory`.
   */
  vacant$(place: RunPlace): Observable<never>;
  /**
   * Makes a run's directory and renders its templates. `own`: a directory that is there already is the run's own, from
   * an earlier start, and is kept. Fails as `directory`, `template` or `storage`.
   */
  prepare$(place: RunPlace, own: boolean): Observable<never>;
  /** Does a task, or runs a check once. A process that it starts leaves a trace under the name of the claim. */
  perform$(task: WorldTask, place: Place, claim: string): Observable<CheckResult>;
  /**
   * Emits how the command ended that an earlier start ran under that claim, and waits for it if it still runs.
   * Completes without a value if the command was never started, and makes sure that it never will be.
   */
  reattach$(claim: string, boot: string): Observable<Ending | "unknown">;
  /** Completes once every event so far is safely on disk. */
  commit$(): Observable<never>;
}

/** The tasks that are done on this machine: all but `submit`. */
export type WorldTask = Exclude<Task, { name: "submit" }>;

/** The place of a task: the ensemble, a batch, or a run. */
export interface Place {
  /** The working directory of its commands. */
  readonly directory: string;
  /** The variables that `run.` means in its arguments. */
  readonly variables: Variables;
  readonly batch?: Batch;
  readonly run?: Run;
}

export interface RunPlace extends Place {
  readonly batch: Batch;
  readonly run: Run;
}

/** The result of a check, or of a task that has ended. `message` says why a check does not hold. */
export type CheckResult =
  | { readonly holds: true; readonly copied?: Copied }
  | { readonly holds: false; readonly message: string };
