/**
 * The union of everything that can happen.
 *
 * The union is the only border between the stream and its readers: the terminal, the log, `--json` and other programs see
 * these events and nothing else. `npm run schema` makes `lib/schema/event.schema.json` from the union.
 *
 * An event is a fact in the past tense, except for intents, which come before their effects: `job.submitting`,
 * `run.preparing`, and `task.started` of tasks that act. With a journal, an intent is on disk before its effect starts.
 */

import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { BackendNotice } from "./backend.js";
import type { BatchFinished, BatchHeld, BatchStarted, CycleStarted } from "./batches.js";
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
} from "./run.js";
import type { EnsembleResumed, EnsembleStarted } from "./start.js";

export type * from "./backend.js";
export * from "./batches.js";
export type * from "./run.js";
export type * from "./start.js";

/** The version of this union: an addition raises the second number, a change the first. */
export const EVENT_SCHEMA = "model-ensembler.events/2.1";

/** A fact with its place in the stream. */
export type Event = Stamp & Fact;

/** The place of an event in its stream. */
export interface Stamp {
  /** Rises by one from event to event, from 0. */
  readonly seq: number;
  /** When the program emitted it: UTC, ISO 8601, milliseconds. Order by `seq`: clocks may be set back. */
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
  | BatchHeld
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

/** The first event of every stream, before anything is read. */
export interface StreamOpened {
  readonly type: "stream.opened";
  readonly schema: typeof EVENT_SCHEMA;
  /** The version of the program. */
  readonly version: string;
  readonly host: string;
  /**
   * The id of the machine's present boot (Linux: `/proc/sys/kernel/random/boot_id`); empty where the system has none.
   */
  readonly boot: string;
  readonly pid: number;
  /** The directory in which the program was started. */
  readonly directory: string;
}

/** A part of the configuration has another meaning than it seems, or no effect. The ensemble runs nevertheless. */
export interface ConfigurationWarned {
  readonly type: "configuration.warned";
  readonly diagnostics: readonly Diagnostic[];
}

/** The configuration cannot be run, and nothing was done. The last event of its stream. */
export interface ConfigurationRefused {
  readonly type: "configuration.refused";
  readonly configuration: string;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The journal cannot be resumed, and nothing was done. The last event of its stream. `taken`: another instance of the
 * program runs the ensemble. `damaged`: the journal is not consistent. `unusable`: the journal cannot be read or written.
 * `other`: the ensemble cannot be resumed in this way.
 */
export interface JournalRefused {
  readonly type: "journal.refused";
  readonly because: "taken" | "damaged" | "unusable" | "other";
  readonly path: string;
  readonly message: string;
}

/** The program has cut off a torn end of the journal, which a crash leaves. It observes again what the end reported. */
export interface JournalMended {
  readonly type: "journal.mended";
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
  /** The file that holds a copy of the torn end. */
  readonly copy: string;
}

/** The journal cannot be written: nothing new starts, and running jobs go on. `code` is the errno's name. */
export interface JournalStalled {
  readonly type: "journal.stalled";
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** The journal can be written again, and the ensemble goes on. */
export interface JournalRecovered {
  readonly type: "journal.recovered";
  readonly path: string;
}

/**
 * The ensemble was told to stop. `drain`: nothing new starts, and runs in progress go on to their end. `let_go`: the
 * program lets go of everything at once.
 */
export interface EnsembleStopping {
  readonly type: "ensemble.stopping";
  readonly how: "drain" | "let_go";
  /** What told the ensemble to stop: a signal's name, or a sentence. */
  readonly message: string;
}

/** `ok` if every run and every task was `ok`, or its failure is one of the `ignored`, which are counted over all starts. */
export type EnsembleFinished = {
  readonly type: "ensemble.finished";
  readonly ensemble: string;
  readonly ignored?: number;
} & Counts &
  Outcome &
  Duration;

/** Makes the compiler check that a switch covers every event; at run time, throws at an unknown one. */
export const unreachable = (value: never): never => {
  throw new Error(`no case for ${JSON.stringify(value)}`);
};
