/** What happens to runs, to tasks and to jobs: the greater part of the union in `event.ts`. */
import type { Failure } from "./failure.js";

/**
 * A run was left out. `skips`, `indexes`: the command line says so. `stopping`: the ensemble was told to stop before it
 * started. `check`: in a batch that repeats, a `pre_run` check with `fail: true` did not hold. `no_job`: in a batch that
 * repeats, the run got no job in an earlier cycle.
 */
export type RunSkipped = {
  readonly type: "run.skipped";
  readonly because: "skips" | "indexes" | "stopping" | "check" | "no_job";
} & InRun;

/** Told again for a run that is gone on with. `fingerprint` stands for all that makes it what it is. */
export type RunStarted = {
  readonly type: "run.started";
  readonly index: number;
  readonly directory: string;
  readonly fingerprint?: string;
} & InRun;

/** Its directory is about to be made: nothing stood in its place, or it may be kept. */
export type RunPreparing = { readonly type: "run.preparing" } & InRun;

/** Its directory is made and its templates are rendered. */
export type RunPrepared = { readonly type: "run.prepared" } & InRun;

/**
 * It has to wait. `maxjobs`: for another job of its batch to end. `storage`: for the file system to take writes again.
 * `scheduler`: for the scheduler to take its job, or to say whether it has.
 */
export type RunWaiting = {
  readonly type: "run.waiting";
  readonly because: "maxjobs" | "storage" | "scheduler";
  readonly message?: string;
} & InRun;

export type RunFinished = { readonly type: "run.finished" } & InRun & Outcome & Duration;

/** `start`: it was begun in that start of the ensemble, and is looked after again; otherwise it begins now. */
export type TaskStarted = { readonly type: "task.started"; readonly start?: number } & InTask;

/** A check did not hold and will look again. Told at its first look, and when the reason changes. */
export type TaskWaiting = { readonly type: "task.waiting"; readonly message: string } & InTask;

/** `looks`: how often a check looked, until it held or was given up. */
export type TaskFinished = { readonly type: "task.finished"; readonly looks?: number } & InTask & Outcome & Duration;

/**
 * A job is about to be handed to the scheduler. With `task`, by a `submit` task: it is watched by nobody. `token` tells
 * this handing over from every other one of this ensemble.
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

/** The scheduler has forgotten a job that it had taken; it was never begun, and is handed over anew. */
export type JobVanished = { readonly type: "job.vanished"; readonly job: string; readonly evidence: Evidence } & InRun;

export type JobFinished = {
  readonly type: "job.finished";
  readonly job: string;
  readonly evidence?: Evidence;
} & InRun &
  Outcome &
  Duration;

/**
 * Where a job stands that has not ended. `held`: somebody has to release it. `blocked`: it waits for what will not come
 * by itself.
 */
export type JobState = "pending" | "running" | "held" | "blocked";

/** What there is to say of a job's state. */
export interface JobRemark {
  /** The scheduler's own word for why it waits. */
  readonly reason?: string;
  /** What a person can do about it. */
  readonly message?: string;
}

/** Who said what of a job: by source (`squeue`, `sacct`, `marker`), in that source's own words. */
export type Evidence = Readonly<Record<string, string>>;

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly failure: Failure };

/** How many runs have ended in each way. */
export interface Totals {
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Counts extends Totals {
  /** Runs that were cut short, and runs that were never reached. */
  readonly interrupted: number;
}

export interface Duration {
  /** How long it took, in seconds. */
  readonly elapsed_s: number;
}

export interface InRun {
  readonly batch: string;
  readonly run: string;
  /** The cycle of a batch that repeats; otherwise 1. */
  readonly cycle: number;
  /** Which try of this run in this cycle, from 1. */
  readonly attempt: number;
}

export type InTask = {
  /** Its list and its place there: `pre_run[0]`. */
  readonly task: string;
  /** What it is: `execute`. */
  readonly name: string;
} & Partial<InRun>;
