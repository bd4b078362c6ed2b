/** The events that start and resume an ensemble, a part of the union in `event.ts`. */
import type { Failure } from "./failure.js";
import type { Totals } from "./run.js";

export interface EnsembleStarted {
  readonly type: "ensemble.started";
  readonly ensemble: string;
  readonly configuration: string;
  readonly backend: string;
  /** The number of tasks before and after all batches. */
  readonly pre_process: number;
  readonly post_process: number;
  readonly batches: readonly {
    readonly batch: string;
    readonly runs: number;
    readonly maxruns: number;
    readonly maxjobs: number;
    readonly after: readonly string[];
    /** A digest of all that its runs have in common. */
    readonly digest?: string;
  }[];
  /** Absent without a journal, and in journals of version 0.1. */
  readonly place?: EnsemblePlace;
}

/** The program resumes the ensemble. The event carries what earlier starts have finished: this start does not repeat it. */
export interface EnsembleResumed {
  readonly type: "ensemble.resumed";
  /** The number of earlier starts. */
  readonly starts: number;
  /** The number of runs that were in progress and are resumed. */
  readonly in_progress: number;
  /** The number of finished runs whose configuration has changed since: the program leaves them alone. */
  readonly changed: number;
  readonly batches: readonly {
    readonly batch: string;
    readonly cycle: number;
    /** The totals of all earlier cycles, of the last of them, and of this one so far. */
    readonly before: Totals;
    readonly last: Totals;
    readonly now: Totals;
    /** The outcome of the batch, if nothing is left to do in it. */
    readonly ok?: boolean;
  }[];
  readonly causes: readonly (readonly [cause: string, runs: number])[];
  /** The first failures, at most 1000; `failure_count` counts all. */
  readonly failures: readonly {
    readonly failure: Failure;
    readonly batch?: string;
    readonly run?: string;
    readonly directory?: string;
  }[];
  readonly failure_count: number;
  /** The number of failed tasks whose failure was ignored; absent if there were none. */
  readonly ignored?: number;
}

/** The place of an ensemble at one start: where its project, configuration, state and base directories are. */
export interface EnsemblePlace {
  readonly host: string;
  /** The project: the directory in which the program was started. Relative paths of the configuration start there. */
  readonly directory: string;
  /** Identifies the project's directory, also after it was moved within its file system; empty where the system cannot. */
  readonly directory_id: string;
  /** The real path of the configuration; absent if it has no lasting name, as a pipe. */
  readonly configuration?: string;
  /** The real path of the state directory. */
  readonly state: string;
  /** The state directory's inode, which a move within its file system keeps. */
  readonly state_inode: string;
  /** The base directories, or the parts of their paths that exist, that symbolic links lead elsewhere. */
  readonly links: readonly { readonly path: string; readonly real: string }[];
  /**
   * The project's directory at the start before, if the project was moved since: what the journal remembers in that
   * directory is in the new one from now on.
   */
  readonly moved_from?: string;
}
