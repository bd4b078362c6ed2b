/**
 * Everything that can happen. One union, and the only border between the stream and whoever looks at it: the terminal,
 * the log, `--json` and other programs all see this and nothing else. `lib/schema/event.schema.json` is made from it.
 *
 * An event is a fact in the past tense. Intents alone are told before what they tell of: `job.submitting`,
 * `run.preparing`, and `task.started` of tasks that act. With a journal, they are on disk before their effect begins.
 */

import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { BackendNotice } from "./backend.js";
import type { Failure } from "./failure.js";
import type {
  Counts,
  Duration,
  JobChanged,
  JobFinished,
  JobSubmitted,
  JobSubmitting,
  JobVanished,
  Outcome,
  RunFinished,
  RunPrepared,
  RunPreparing,
  RunSkipped,
  RunStarted,
  RunWaiting,
  TaskFinished,
  TaskStarted,
  TaskWaiting,
  Totals,
} from "./run.js";

export type * from "./backend.js";
export type * from "./run.js";

/** The version of this union. The second number grows when something is added, the first when something changes. */
export const EVENT_SCHEMA = "model-ensembler.events/2.0";

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
  | JournalRefused
  | JournalMended
  | JournalStalled
  | JournalRecovered
  | EnsembleStarted
  | EnsembleResumed
  | EnsembleStopping
  | EnsembleFinished
  | BatchStarted
  | CycleStarted
  | BatchFinished
  | RunSkipped
  | RunStarted
  | RunPreparing
  | RunPrepared
  | RunWaiting
  | RunFinished
  | TaskStarted
  | TaskWaiting
  | TaskFinished
  | JobSubmitting
  | JobSubmitted
  | JobChanged
  | JobVanished
  | JobFinished
  | BackendNotice;

/** The first event of every stream, told before anything is read. */
export interface StreamOpened {
  readonly type: "stream.opened";
  readonly schema: typeof EVENT_SCHEMA;
  /** The version of the program. */
  readonly version: string;
  readonly host: string;
  /** What the system calls the time since it was last started (Linux: `/proc/sys/kernel/random/boot_id`); empty where it does not tell. */
  readonly boot: string;
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

/**
 * The record of what was done cannot be gone on with; nothing was done. The last event of its stream. `taken`: another
 * instance is at work. `damaged`: it does not hold together. `unusable`: it cannot be read or written. `other`: it tells
 * of an ensemble that cannot be gone on with in this way.
 */
export interface JournalRefused {
  readonly type: "journal.refused";
  readonly because: "taken" | "damaged" | "unusable" | "other";
  readonly path: string;
  readonly message: string;
}

/** The end of the journal was torn, by a crash say, and has been cut off: what it told of is looked at again. */
export interface JournalMended {
  readonly type: "journal.mended";
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
  /** Where a copy of what was cut off is. */
  readonly copy: string;
}

/** The journal takes no writes: nothing new starts, and what runs is left alone. `code` is the errno's name. */
export interface JournalStalled {
  readonly type: "journal.stalled";
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** It takes writes again, and all goes on. */
export interface JournalRecovered {
  readonly type: "journal.recovered";
  readonly path: string;
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
    /** Stands for all that its runs have in common. */
    readonly digest?: string;
  }[];
}

/** It goes on from where it was: what earlier starts have brought to an end, and what is therefore left as it is. */
export interface EnsembleResumed {
  readonly type: "ensemble.resumed";
  /** How often it was started before. */
  readonly starts: number;
  /** How many runs were in progress, and are gone on with. */
  readonly in_progress: number;
  /** How many runs that have ended are written otherwise by now: they are left as they are. */
  readonly changed: number;
  readonly batches: readonly {
    readonly batch: string;
    readonly cycle: number;
    /** What there was of each kind when its cycle began, and since. */
    readonly before: Totals;
    readonly now: Totals;
    /** Its outcome, where there is nothing left to do in it. */
    readonly ok?: boolean;
  }[];
  readonly causes: readonly (readonly [cause: string, runs: number])[];
  /** At most so many as are kept. */
  readonly failures: readonly {
    readonly failure: Failure;
    readonly batch?: string;
    readonly run?: string;
    readonly directory?: string;
  }[];
  readonly failure_count: number;
}

/** It was told to stop. `drain`: nothing new starts, runs in progress go on. `let_go`: everything is let go of, now. */
export interface EnsembleStopping {
  readonly type: "ensemble.stopping";
  readonly how: "drain" | "let_go";
  /** What told it: a signal's name, or a sentence. */
  readonly message: string;
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

/** Leads the compiler through every switch over events, and stops a program that met an event it should know. */
export const unreachable = (value: never): never => {
  throw new Error(`no case for ${JSON.stringify(value)}`);
};
