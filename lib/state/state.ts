/** How far an ensemble has come, and what the summary, the exit status, the terminal and the stream itself ask of that. */
import type {
  BackendSilent,
  BatchFinished,
  Counts,
  EnsembleFinished,
  EnsembleResumed,
  EnsembleStarted,
  EnsembleStopping,
  InRun,
  JobState,
  JournalRefused,
  JournalStalled,
  Stamp,
  StreamOpened,
  Totals,
} from "../events/event.js";
import type { Failure } from "../events/failure.js";

/** How far an ensemble has come. */
export interface State {
  opened?: StreamOpened;
  started?: EnsembleStarted & Partial<Stamp>;
  /** What earlier starts have done. */
  resumed?: EnsembleResumed;
  stopping?: EnsembleStopping;
  /** Why nothing was done. */
  refused?: JournalRefused;
  /** Why nothing new starts, for as long as it does not. */
  stalled?: JournalStalled;
  /** The scheduler does not answer, for as long as it does not. */
  silent?: BackendSilent;
  finished?: EnsembleFinished;
  /** The task of `pre_process` or `post_process` that is being done. */
  task?: TaskState;
  /** By name, in the order of the configuration. */
  readonly batches: Map<string, BatchState>;
  /** Runs in progress by id, in the order in which they started. */
  readonly active: Map<string, RunState>;
  /** What failed, in order: runs, and tasks of the ensemble and of batches. At most `KEPT`; `causes` counts all. */
  readonly failures: Failed[];
  /** How many there are, kept or not. */
  failureCount: number;
  /** How many runs failed, by cause. */
  readonly causes: Map<string, number>;
  /** The runs that took longest, slowest first. */
  readonly slowest: { readonly run: string; readonly elapsed_s: number }[];
}

export interface BatchState extends RunningTotals {
  readonly name: string;
  readonly runs: number;
  /** 0 until a batch that repeats has begun a cycle. */
  cycle: number;
  /** Runs that have ended, one way or another, in this cycle. */
  ended: number;
  /** How many of those had ended before this start. */
  carried: number;
  /** How many of those were left out because the ensemble was told to stop: they are due all the same. */
  stopped: number;
  /** Runs in progress. */
  active: number;
  /** When it started: UTC, ISO 8601. */
  since?: string;
  /** When its cycle began: UTC, ISO 8601. Absent in a batch that does not repeat. */
  cycleSince?: string;
  /** What there was of each kind when its cycle began. */
  before: Totals;
  task?: TaskState;
  finished?: BatchFinished;
}

/** `Totals` that are still being counted. */
type RunningTotals = { -readonly [Kind in keyof Totals]: Totals[Kind] };

export interface RunState extends InRun {
  readonly directory: string;
  /** What it is doing: `prepare`, `ready` for what comes next, the list of the task at hand, `job`, or `maxjobs` while it waits for a seat. */
  phase: string;
  /** Since when it has been in this phase: UTC, ISO 8601. */
  since?: string;
  task?: TaskState;
  job?: string;
  jobState?: JobState;
  /** What a person can do about it. */
  jobMessage?: string;
  /** What it waits for. */
  waiting?: string;
}

export interface TaskState {
  /** `pre_run[0]` */
  readonly task: string;
  readonly name: string;
  readonly since?: string;
  waiting?: string;
}

export interface Failed {
  readonly failure: Failure;
  readonly batch?: string;
  readonly run?: string;
  /** Of a run. */
  readonly directory?: string;
}

/** Before anything was told. */
export const initial = (): State => ({
  batches: new Map(),
  active: new Map(),
  failures: [],
  failureCount: 0,
  causes: new Map(),
  slowest: [],
});

/** How many runs there are of each kind. `interrupted` are those that were begun or due, and did not end. */
export const tally = (state: State): Counts => {
  const all = { succeeded: 0, failed: 0, skipped: 0, interrupted: 0 };
  for (const batch of state.batches.values()) {
    all.succeeded += batch.succeeded;
    all.failed += batch.failed;
    all.skipped += batch.skipped;
    // A loop that its own check has ended left nothing undone, however far its last cycle came.
    if (!batch.finished?.ok) all.interrupted += batch.runs - batch.ended + batch.stopped;
  }
  return all;
};

/** How many batches have failed by their own tasks. */
export const batchesFailed = (state: State): number =>
  [...state.batches.values()].filter(({ finished }) => finished !== undefined && !finished.ok).length;
