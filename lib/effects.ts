/** What the stream may ask of the world: types only. The real thing is in the rooms at the edge; specs have timers. */
import type { Observable } from "rxjs";
import type { JobState } from "./event.js";
import type { Ending, Failure } from "./failure.js";
import type { Batch, Run, Task } from "./plan.js";
import type { Variables } from "./values.js";

export interface Effects {
  readonly backend: Backend;
  /** Makes the batch's base directory. Fails as `directory` or `storage`. */
  open$(batch: Batch): Observable<never>;
  /** Renders every run of these batches in memory, where their templates are new or changed. Fails as `template`. */
  check$(batches: readonly Batch[]): Observable<never>;
  /** Makes a run's directory and renders its templates. Fails as `directory`, `template` or `storage`. */
  prepare$(place: RunPlace): Observable<never>;
  /** Does a task, or looks once whether a check holds. `step` is its place in its list: `pre_run[0]`. */
  perform$(task: WorldTask, place: Place, step: string): Observable<Look>;
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
export type Look = { readonly holds: true } | { readonly holds: false; readonly because: string };

/** A scheduler. */
export interface Backend {
  readonly name: string;
  /** Hands a job over, and tells its id. Fails as `job`. */
  submit$(job: JobRequest): Observable<string>;
  /** Where a job stands, again whenever that changes; its end comes last, and one that never comes is a lost job. Unsubscribing lets go of it, as `Backend` sees fit. */
  watch$(job: string): Observable<JobReport>;
  /** How many jobs there are whose names start with `match`. */
  count$(match: string): Observable<number>;
}

export interface JobRequest {
  /** The name under which the scheduler knows it: the run's id; of a `submit` task outside a run, its batch's or the ensemble's. */
  readonly name: string;
  /** What to execute, relative to `directory`. */
  readonly script: string;
  readonly directory: string;
  /** Whether it is asked about again. The job of a `submit` task is not. */
  readonly watched: boolean;
}

export type JobReport =
  | { readonly state: JobState }
  | { readonly state: "ended"; readonly failure?: Extract<Failure, { reason: "job" }> };

/** How the rooms at the edge start a process. Unsubscribing ends its whole process group. */
export type Spawn = (command: Command) => Observable<ProcessEvent>;

export interface Command {
  readonly file: string;
  readonly arguments: readonly string[];
  /** Its working directory. */
  readonly directory: string;
  /** Where its output and its errors go: appended to this file. */
  readonly output: string;
  /** End what is left of its process group when it has ended, as a scheduler does with a job. */
  readonly sweep?: boolean;
}

export type ProcessEvent = { readonly type: "started"; readonly pid: number } | ({ readonly type: "ended" } & Ending);

/** What a person's Ctrl-C means: start nothing new; and, asked again, let go of everything. */
export interface Stop {
  /** Whether nothing new is to start. */
  draining(): boolean;
  /** Emits what told it to drain, when it does. */
  readonly drain$: Observable<string>;
  /** Emits what told it to let go, when it does. */
  readonly now$: Observable<string>;
}
