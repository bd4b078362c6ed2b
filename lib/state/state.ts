/** The read model for views: the progress of an ensemble, for the displays, the summary and the exit status. */
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
  RunPrepared,
  Stamp,
  StreamOpened,
  TaskFinished,
  Totals,
} from "../events/event.js";
import type { Failure } from "../events/failure.js";

/** The progress of an ensemble. */
export interface State {
  opened?: StreamOpened;
  started?: EnsembleStarted & Partial<Stamp>;
  /** What earlier starts have finished. */
  resumed?: EnsembleResumed;
  stopping?: EnsembleStopping;
  /** Set if the journal cannot be resumed, and nothing was done. */
  refused?: JournalRefused;
  /** Set while the journal cannot be written and nothing new starts. */
  stalled?: JournalStalled;
  /** Set while the scheduler does not answer. */
  silent?: BackendSilent;
  finished?: EnsembleFinished;
  /** The task of `pre_process` or `post_process` that is in progress. */
  task?: TaskState;
  /** By name, in the order of the configuration. */
  readonly batches: Map<string, BatchState>;
  /** Runs in progress by id, in the order in which they started. */
  readonly active: Map<string, RunState>;
  /** The first `KEPT` failures, in order: failures of runs, of batches, and of the ensemble itself. */
  readonly failures: Failed[];
  /** The number of failures, kept or not. */
  failureCount: number;
  /** The first `KEPT` tasks that did something otherwise than asked, and runs that got changed files. */
  readonly remarks: (TaskFinished | RunPrepared)[];
  /** The number of failed runs by cause. */
  readonly causes: Map<string, number>;
  /** The number of failures of runs that a later cycle has overruled. */
  overruled: number;
  /** The number of failed tasks whose failure was ignored. */
  ignored: number;
  /** The number of failed tasks of this start whose failure could have been ignored. */
  ignorable: number;
  /** The slowest runs, slowest first. */
  readonly slowest: { readonly run: string; readonly elapsed_s: number }[];
}

export interface BatchState extends RunningTotals {
  readonly name: string;
  readonly runs: number;
  /** 0 until a repeating batch has started a cycle. */
  cycle: number;
  /** The runs of this cycle that have ended or were skipped. */
  ended: number;
  /** How many of the ended runs had ended before this start. */
  carried: number;
  /** How many of the ended runs were skipped because the ensemble was told to stop. The next start runs them. */
  stopped: number;
  /** Runs in progress. */
  active: number;
  /** When the batch started: UTC, ISO 8601. */
  since?: string;
  /** When the present cycle started: UTC, ISO 8601. Absent in a batch that does not repeat. */
  cycleSince?: string;
  /** How many of the ended runs this start skipped: they took no time. */
  idle: number;
  /** The batch without whose success this one does not start. */
  needs?: string;
  /** The number of failed runs by cause. */
  readonly causes: Map<string, number>;
  /** The failures of this cycle's runs that go on in the next one. They count if the loop ends before that. */
  readonly open: Failed[];
  /** The outcomes of the cycle before. */
  last?: CycleOutcomes;
  task?: TaskState;
  finished?: BatchFinished;
}

/** `Totals` that are still being counted. */
type RunningTotals = { -readonly [Kind in keyof Totals]: Totals[Kind] };

export interface RunState extends InRun {
  readonly directory: string;
  /**
   * `prepare`; `ready` once the run is prepared; the list of the present task, such as `pre_run`; `job`; `maxjobs` while
   * the run waits for a slot.
   */
  phase: string;
  /** When the run entered this phase: UTC, ISO 8601. */
  since?: string;
  task?: TaskState;
  job?: string;
  jobState?: JobState;
  /** What the user can do about the state of the job. */
  jobMessage?: string;
  /** What the run waits for. */
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
  /** The directory of the run. */
  readonly directory?: string;
}

/** The outcomes of a cycle, which count again if the loop ends before a run of the next cycle has ended. */
export interface CycleOutcomes extends Totals {
  /** Those that counted, then the open ones. */
  readonly failures: readonly Failed[];
  /** The number of open failures. */
  readonly open: number;
  readonly causes: ReadonlyMap<string, number>;
}

/** The state before the first event. */
export const initial = (): State => ({
  batches: new Map(),
  active: new Map(),
  failures: [],
  failureCount: 0,
  remarks: [],
  overruled: 0,
  ignored: 0,
  ignorable: 0,
  causes: new Map(),
  slowest: [],
});

/** Counts the runs by outcome. `interrupted`: runs that have started or are due, and have not ended. */
export const tally = (state: State): Counts => {
  const all = { succeeded: 0, failed: 0, skipped: 0, interrupted: 0 };
  for (const batch of state.batches.values()) {
    all.succeeded += batch.succeeded;
    all.failed += batch.failed;
    all.skipped += batch.skipped;
    // A loop that its own check has ended has nothing left to do, even if its last cycle is incomplete.
    if (!batch.finished?.ok) all.interrupted += batch.runs - batch.ended + batch.stopped + batch.open.length;
  }
  return all;
};

/** Counts the runs of a batch by outcome. */
export const totalsInBatch = ({ batches }: State, name: string): Totals => {
  const { succeeded = 0, failed = 0, skipped = 0 } = batches.get(name) ?? {};
  return { succeeded, failed, skipped };
};

/** Whether a batch has ended, and neither one of its own tasks nor a run has failed. */
export const hasSucceeded = ({ batches }: State, name: string): boolean => {
  const batch = batches.get(name);
  return batch?.finished?.ok === true && batch.failed === 0;
};

/** Counts the batches that failed by their own tasks. */
export const batchesFailed = (state: State): number =>
  [...state.batches.values()].filter(({ finished }) => finished !== undefined && !finished.ok).length;
