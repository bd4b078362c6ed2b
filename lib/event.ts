/**
 * Everything that can happen. One union, and the only border between the stream and whoever looks at it: the terminal,
 * the log, `--json` and other programs all see this and nothing else. `lib/schema/event.schema.json` is made from it.
 *
 * An event is a fact in the past tense. `job.submitting` alone is an intent: it is told before a job is handed over.
 */
import type { Diagnostic } from "./diagnostic.js";
import type { Failure } from "./failure.js";

/** The version of this union. The second number grows when something is added, the first when something changes. */
export const EVENT_SCHEMA = "model-ensembler.events/1.0";

/** What happened, with its place in the stream. */
export type Event = Stamp & Fact;

/** The place of an event in its stream. */
export interface Stamp {
  /** Rises by one from event to event, from 0. */
  readonly seq: number;
  /** When it was told: UTC, ISO 8601, milliseconds. Order by `seq`: clocks may be set back. */
  readonly time: string;
}

export type Fact =
  | StreamOpened
  | ConfigurationWarned
  | ConfigurationRefused
  | EnsembleStarted
  | EnsembleStopping
  | EnsembleFinished
  | BatchStarted
  | CycleStarted
  | BatchFinished
  | RunSkipped
  | RunStarted
  | RunPrepared
  | RunWaiting
  | RunFinished
  | TaskStarted
  | TaskWaiting
  | TaskFinished
  | JobSubmitting
  | JobSubmitted
  | JobChanged
  | JobFinished;

/** The first event of every stream, told before anything is read. */
export interface StreamOpened {
  readonly type: "stream.opened";
  readonly schema: typeof EVENT_SCHEMA;
  /** The version of the program. */
  readonly version: string;
  readonly host: string;
  readonly pid: number;
  /** Where the program was started. */
  readonly directory: string;
}

/** The configuration holds what is read otherwise than it looks, or does nothing. It is run all the same. */
export interface ConfigurationWarned {
  readonly type: "configuration.warned";
  readonly diagnostics: readonly Diagnostic[];
}

/** The configuration cannot be run; nothing was. The last event of its stream. */
export interface ConfigurationRefused {
  readonly type: "configuration.refused";
  readonly configuration: string;
  readonly diagnostics: readonly Diagnostic[];
}

export interface EnsembleStarted {
  readonly type: "ensemble.started";
  readonly ensemble: string;
  readonly configuration: string;
  readonly backend: string;
  /** How many tasks there are before and after all batches. */
  readonly pre_process: number;
  readonly post_process: number;
  readonly batches: readonly {
    readonly batch: string;
    readonly runs: number;
    readonly maxruns: number;
    readonly maxjobs: number;
    readonly after: readonly string[];
  }[];
}

/** It was told to stop. `drain`: nothing new starts, runs in progress go on. `let_go`: everything is let go of, now. */
export interface EnsembleStopping {
  readonly type: "ensemble.stopping";
  readonly how: "drain" | "let_go";
  /** What told it: a signal's name, or a sentence. */
  readonly because: string;
}

/** It is `ok` when every run and every task was. */
export type EnsembleFinished = { readonly type: "ensemble.finished"; readonly ensemble: string } & Counts &
  Outcome &
  Duration;

export interface BatchStarted {
  readonly type: "batch.started";
  readonly batch: string;
  readonly runs: number;
}

/** A batch that repeats begins a cycle. */
export interface CycleStarted {
  readonly type: "cycle.started";
  readonly batch: string;
  readonly cycle: number;
}

/** It is not `ok` when its own tasks failed or it was interrupted; runs that failed are counted, and have events of their own. */
export type BatchFinished = {
  readonly type: "batch.finished";
  readonly batch: string;
  readonly cycles: number;
} & Outcome &
  Duration;

/**
 * A run was left out. `skips`, `indexes`: the command line says so. `stopping`: the ensemble was told to stop before it
 * started. `check`: in a batch that repeats, a `pre_run` check with `fail: true` did not hold. `no_job`: in a batch that
 * repeats, the run got no job in an earlier cycle.
 */
export type RunSkipped = {
  readonly type: "run.skipped";
  readonly because: "skips" | "indexes" | "stopping" | "check" | "no_job";
} & InRun;

export type RunStarted = { readonly type: "run.started"; readonly index: number; readonly directory: string } & InRun;

/** Its directory is made and its templates are rendered. */
export type RunPrepared = { readonly type: "run.prepared" } & InRun;

/** It has to wait. `maxjobs`: for another job of its batch to end. `storage`: for the file system to take writes again. */
export type RunWaiting = {
  readonly type: "run.waiting";
  readonly because: "maxjobs" | "storage";
  readonly message?: string;
} & InRun;

export type RunFinished = { readonly type: "run.finished" } & InRun & Outcome & Duration;

export type TaskStarted = { readonly type: "task.started" } & InTask;

/** A check did not hold and will look again. Told at its first look, and when the reason changes. */
export type TaskWaiting = { readonly type: "task.waiting"; readonly because: string } & InTask;

/** `looks`: how often a check looked, until it held or was given up. */
export type TaskFinished = { readonly type: "task.finished"; readonly looks?: number } & InTask & Outcome & Duration;

/** A job is about to be handed to the scheduler. With `task`, by a `submit` task: it is watched by nobody. */
export type JobSubmitting = {
  readonly type: "job.submitting";
  readonly script: string;
  readonly task?: string;
} & Partial<InRun>;

export type JobSubmitted = {
  readonly type: "job.submitted";
  readonly job: string;
  readonly task?: string;
} & Partial<InRun>;

export type JobChanged = { readonly type: "job.changed"; readonly job: string; readonly state: JobState } & InRun;

export type JobFinished = { readonly type: "job.finished"; readonly job: string } & InRun & Outcome & Duration;

/** Where a job stands that has not ended. */
export type JobState = "pending" | "running";

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly failure: Failure };

export interface Counts {
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
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

/** Leads the compiler through every switch over events, and stops a program that met an event it should know. */
export const unreachable = (value: never): never => {
  throw new Error(`no case for ${JSON.stringify(value)}`);
};
