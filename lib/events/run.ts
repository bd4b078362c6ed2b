/** The events of runs, tasks and jobs, which are most of the union in `event.ts`. */
import type { Failure, Shortage } from "./failure.js";

/**
 * A run was skipped. `skips`, `indexes`: by the command line. `stopping`: the ensemble was told to stop before the run
 * started, or before it submitted its job. `check`: in a repeating batch, a `pre_run` check with `fail: true` did not hold. `no_job`: in a repeating
 * batch, the run submitted no job in an earlier cycle. `earlier`: how the run ended in an earlier cycle, which still
 * counts.
 */
export type RunSkipped = {
  readonly type: "run.skipped";
  readonly because: "skips" | "indexes" | "stopping" | "check" | "no_job";
  readonly earlier?: Outcome;
} & InRun;

/** Emitted again for a resumed run. `fingerprint` is a digest of everything that determines the run. */
export type RunStarted = {
  readonly type: "run.started";
  readonly index: number;
  readonly directory: string;
  readonly fingerprint?: string;
} & InRun;

/** The run's directory is about to be made: nothing is in its place, or what is there may be kept. */
export type RunPreparing = { readonly type: "run.preparing" } & InRun;

/**
 * The run's directory is made and its templates are rendered. `changed`: files of the template directory that have changed
 * since the ensemble started; this run is the first that got them as they are now.
 */
export type RunPrepared = { readonly type: "run.prepared"; readonly changed?: readonly string[] } & InRun;

/**
 * The run has to wait. `maxjobs`: until another job of its batch ends. `storage`: until the file system has room again.
 * `machine`: until this machine has room for another process or open file.
 * `scheduler`: until the scheduler accepts the run's job, or answers whether it has accepted the job.
 */
export type RunWaiting = {
  readonly type: "run.waiting";
  readonly because: "maxjobs" | Shortage | "scheduler";
  readonly message?: string;
} & InRun;

/**
 * `goes_on`: in a repeating batch, a `post_run` check with `fail: true` did not hold. The run goes on in the next cycle, and
 * has failed only if the loop ends before that.
 */
export type RunFinished = { readonly type: "run.finished"; readonly goes_on?: true } & InRun & Outcome & Duration;

/** `start`: the earlier start of the ensemble in which the task started; absent if it starts now. */
export type TaskStarted = { readonly type: "task.started"; readonly start?: number } & InTask;

/**
 * A check does not hold yet, a `submit` task waits for the scheduler, or a task waits until the file system or this machine
 * has room. Emitted again when the reason changes.
 */
export type TaskWaiting = { readonly type: "task.waiting"; readonly message: string } & InTask;

/**
 * `looks`: how often the program polled a check, until the check held or failed. `copied`: the files that a `move`
 * copied, including those that an earlier attempt had copied. `message`: what a task that succeeded did otherwise than
 * asked. `ignored`: the task failed, and what follows it goes on all the same, as the configuration says.
 */
export type TaskFinished = {
  readonly type: "task.finished";
  readonly looks?: number;
  readonly copied?: Copied;
  readonly message?: string;
  readonly ignored?: true;
} & InTask &
  Outcome &
  Duration;

/** What a `move` has copied. */
export interface Copied {
  /** All but directories. */
  readonly files: number;
  readonly bytes: number;
}

/**
 * A job is about to be submitted. With `task`: by a `submit` task, and the program will not watch the job. `token` is
 * unique to this submission in its ensemble.
 */
export type JobSubmitting = {
  readonly type: "job.submitting";
  readonly script: string;
  readonly token?: string;
  readonly task?: string;
} & Partial<InRun>;

export type JobSubmitted = {
  readonly type: "job.submitted";
  readonly job: string;
  readonly task?: string;
} & Partial<InRun>;

export type JobChanged = { readonly type: "job.changed"; readonly job: string; readonly state: JobState } & JobRemark &
  InRun;

/** The scheduler has forgotten a job that it had accepted but never started. The program submits the job again. */
export type JobVanished = { readonly type: "job.vanished"; readonly job: string; readonly evidence: Evidence } & InRun;

export type JobFinished = {
  readonly type: "job.finished";
  readonly job: string;
  readonly evidence?: Evidence;
} & InRun &
  Outcome &
  Duration;

/**
 * The state of a job that has not ended. `held`: a user or an administrator has to release the job. `blocked`: the job
 * waits for something that will not happen by itself.
 */
export type JobState = "pending" | "running" | "held" | "blocked";

/** A remark on a job's state. */
export interface JobRemark {
  /** The scheduler's own word for why the job waits. */
  readonly reason?: string;
  /** What the user can do about it. */
  readonly message?: string;
}

/** What each source (`squeue`, `sacct`, `marker`) tells of a job's end, in its own words. */
export type Evidence = Readonly<Record<string, string>>;

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly failure: Failure };

/** The number of runs by outcome. */
export interface Totals {
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Counts extends Totals {
  /** Runs that started and were interrupted, and runs that never started. */
  readonly interrupted: number;
}

export interface Duration {
  /** In seconds. */
  readonly elapsed_s: number;
}

export interface InRun {
  readonly batch: string;
  readonly run: string;
  /** The cycle of a repeating batch; otherwise 1. */
  readonly cycle: number;
  /** The number of the attempt at this run in this cycle, from 1. */
  readonly attempt: number;
}

export type InTask = {
  /** The task's list and its index there: `pre_run[0]`. */
  readonly task: string;
  /** The task's kind: `execute`. */
  readonly name: string;
} & Partial<InRun>;
