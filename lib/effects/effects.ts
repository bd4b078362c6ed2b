/** What the stream may ask of the world: types only. The real thing is in the rooms at the edge; specs have timers. */
import type { Observable } from "rxjs";
import type { BackendNotice, Evidence, JobRemark, JobState } from "../events/event.js";
import type { Ending, Failure } from "../events/failure.js";
import type { Batch, Run, Task } from "../plan/plan.js";
import type { Variables } from "../plan/values.js";

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
export type CheckResult = { readonly holds: true } | { readonly holds: false; readonly because: string };

/** A scheduler. */
export interface Backend {
  readonly name: string;
  /**
   * Hands a job over, and tells its id last. Completes without one where it was not handed over and never will be under
   * that token: another may be tried. Fails as `job` where the scheduler will not have it.
   */
  submit$(job: JobRequest): Observable<Handover>;
  /**
   * The id of a job that an earlier start has handed over under the token of that request, or was about to; it can be
   * watched. Completes without one where it never was, and sees to it that it never will be. Fails as `job` where
   * that cannot be known.
   */
  adopt$(job: JobRequest, before: EarlierJob): Observable<Handover>;
  /** Where a job stands, again whenever that changes; its end comes last, and one that never comes is a lost job. Unsubscribing lets go of it, as `Backend` sees fit. */
  watch$(job: string): Observable<JobReport>;
  /** How many jobs there are whose names start with `match`. */
  count$(match: string): Observable<number>;
  /** What is to be told of the scheduler as a whole; heard for as long as the ensemble lasts. */
  readonly notice$?: Observable<BackendNotice>;
}

/** How a hand-over goes: why it has to wait, again whenever that changes; and the id that the scheduler has given. */
export type Handover = { readonly waiting: string } | { readonly job: string };

export interface JobRequest {
  /** The name under which the scheduler knows it: the run's id; of a `submit` task outside a run, its batch's or the ensemble's. */
  readonly name: string;
  /** What to execute, relative to `directory`. */
  readonly script: string;
  readonly directory: string;
  /** Whether it is asked about again. The job of a `submit` task is not. */
  readonly watched: boolean;
  /** Tells this handing over from every other one of this ensemble. */
  readonly token: string;
  /** Whether the backend may see to it, in the job itself, that the work is done once, and how it ended. */
  readonly guard: boolean;
}

/** What is known of a job that an earlier start has handed over. */
export interface EarlierJob {
  /** Absent where it is not known whether it was. */
  readonly id?: string;
  /** What the machine's boot was called then. */
  readonly boot: string;
}

export type JobReport =
  | ({ readonly state: JobState } & JobRemark)
  /** The scheduler has forgotten it; it was never begun, and never will be: it may be handed over anew. */
  | { readonly state: "vanished"; readonly evidence: Evidence }
  | {
      readonly state: "ended";
      readonly failure?: Extract<Failure, { reason: "job" }>;
      readonly evidence?: Evidence;
    };

/** How the rooms at the edge start a process. Unsubscribing ends its whole process group. */
export type Spawn = (command: Command) => Observable<ProcessEvent>;

export interface Command {
  readonly file: string;
  readonly arguments: readonly string[];
  /** Its working directory. */
  readonly directory: string;
  /** Where its output goes, and its errors if there is no other place for them: appended to this file. */
  readonly output: string;
  readonly errors?: string;
  /** By default this program's own. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Leave it to itself when it is unsubscribed from: it would be worse to end it half-way. */
  readonly stays?: boolean;
  /** End what is left of its process group when it has ended, as a scheduler does with a job. */
  readonly sweep?: boolean;
  /** A file by which whoever comes after this program finds out that the command was started, and how it ended. */
  readonly claim?: string;
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
