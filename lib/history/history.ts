/**
 * The read model for the next start: the progress of every run and task, as plain data.
 *
 * The header of a journal file holds a `History`, so its keys and words are part of the format and do not change.
 */
import type { EnsemblePlace, JobState, Outcome, Totals } from "../events/event.js";
import { causeOf, type Failure, isNotYet } from "../events/failure.js";

export interface History {
  /** The number of starts so far. */
  starts: number;
  /** The machine's boot id, by start. */
  readonly boots: string[];
  backend?: string;
  place?: KnownPlace;
  /** The tasks of the ensemble itself. */
  readonly tasks: Tasks;
  readonly batches: Map<string, BatchHistory>;
  /** The number of failed tasks whose failure was ignored; absent if there were none. */
  ignored?: number;
}

/** What is known of the place. Journals of version 0.1 tell only where and on which host the ensemble first started. */
export type KnownPlace = Pick<EnsemblePlace, "host" | "directory"> & Partial<EnsemblePlace>;

export interface BatchHistory {
  /** A digest of what the runs of the batch have in common. */
  digest?: string;
  /** 0 until a repeating batch has started a cycle. */
  cycle: number;
  /** The batch's own tasks in its present cycle. */
  readonly tasks: Tasks;
  finished?: Outcome;
  /** The totals of all earlier cycles, without the runs that were not done yet. */
  before: Totals;
  /** The number of runs that the present cycle has skipped. A start that resumes the cycle emits `run.skipped` again. */
  left: number;
  /** The runs by index, each in its latest cycle. */
  readonly runs: Map<number, RunHistory>;
}

export interface RunHistory {
  readonly index: number;
  readonly id: string;
  readonly directory: string;
  readonly cycle: number;
  readonly attempt: number;
  fingerprint?: string;
  /** Whether the run's directory, if it exists, was made by the run itself. */
  preparing: boolean;
  prepared: boolean;
  tasks: Tasks;
  job?: JobHistory;
  /** Whether the run has submitted a job in this cycle. */
  hadJob: boolean;
  end?: RunEnd;
  /** How the run ended when it was last done in an earlier cycle. */
  earlier?: RunEnd;
}

export type RunEnd = { readonly how: "succeeded" | "skipped" } | { readonly how: "failed"; readonly failure: Failure };

/** Tasks by list and index: `pre_run[0]`. */
export type Tasks = Map<string, TaskHistory>;

export interface TaskHistory {
  readonly name: string;
  /** The start of the ensemble in which the task started. */
  readonly start: number;
  readonly state: "begun" | "done" | "failed";
  /** Present if the task failed. */
  readonly failure?: Failure;
  /** More runs have started since, so the task is done again once it has ended. */
  readonly stale?: true;
  /** The job that a `submit` task has submitted, and the token of its last submission. */
  readonly job?: string;
  readonly token?: string;
}

export interface JobHistory {
  /** The start of the ensemble in which the job was submitted. */
  readonly start: number;
  readonly token?: string;
  /** Absent if it is in doubt whether the job was submitted. */
  readonly id?: string;
  readonly state?: JobState;
  readonly end?: Outcome;
}

export const emptyHistory = (): History => ({ starts: 0, boots: [], tasks: new Map(), batches: new Map() });

/**
 * Makes the tasks of a list due again, since more runs have to come before them. A task that may still be running is only
 * marked as stale: it must not run twice at once. A failed task waits for the user's decision.
 */
export const outdate = (tasks: Tasks, list: "post_batch" | "post_process"): void => {
  for (const [name, task] of tasks) {
    if (!name.startsWith(`${list}[`)) continue;
    if (task.state === "begun") tasks.set(name, { ...task, stale: true });
    else if (task.state === "done") tasks.delete(name);
  }
};

/** The cycle that the batch's runs are in. */
export const cycleOf = ({ cycle }: BatchHistory): number => Math.max(1, cycle);

/** Counts the runs of a batch that have ended or were skipped in its present cycle. */
export const totalsOf = (batch: BatchHistory, runs: Iterable<RunHistory> = batch.runs.values()): Totals => {
  const cycle = cycleOf(batch);
  const { skipped, ...ended } = countEnds([...runs].filter((run) => run.cycle === cycle));
  return { ...ended, skipped: skipped + batch.left };
};

/** Counts runs by how they ended, in whatever cycle. */
export const countEnds = (runs: readonly RunHistory[]): Totals => {
  const totals = { succeeded: 0, failed: 0, skipped: 0 };
  for (const { end } of runs) if (end !== undefined) totals[end.how] += 1;
  return totals;
};

/** Whether the run is not done yet, and goes on in the next cycle by itself. */
export const goesOn = ({ end }: RunHistory): boolean => end?.how === "failed" && isNotYet(end.failure);

/** How the run ended when it was last done. Undefined if it was only skipped. */
export const workedEnd = ({ end, earlier }: RunHistory): RunEnd | undefined =>
  end !== undefined && end.how !== "skipped" ? end : earlier;

export const outcomeOfEnd = (end: RunEnd): Outcome =>
  end.how === "failed" ? { ok: false, failure: end.failure } : { ok: true };

/**
 * Reopens the present cycle of a loop that has ended, for runs that are to be done. The other runs do not start again: their
 * ends count as those of this cycle. A `pre_batch` check that ended the loop is not asked again.
 */
export const reopen = (batch: BatchHistory): void => {
  const cycle = cycleOf(batch);
  for (const run of batch.runs.values()) if (run.cycle < cycle) batch.runs.set(run.index, { ...run, cycle });
  for (const [name, { failure: _, ...task }] of batch.tasks) {
    if (name.startsWith("pre_batch[") && task.state === "failed") batch.tasks.set(name, { ...task, state: "done" });
  }
};

/** The word by which the failure of a run is counted. Undefined if the run has not failed. */
export const causeOfEnd = (end: RunEnd | undefined): string | undefined =>
  end?.how === "failed" ? causeOf(end.failure) : undefined;

/** The ids of the runs whose jobs have not ended, as far as the history tells. */
export const unendedJobs = ({ batches }: History): readonly string[] =>
  [...batches.values()]
    .flatMap(({ runs }) => [...runs.values()])
    .filter(({ end, job }) => end === undefined && job !== undefined && job.end === undefined)
    .map(({ id }) => id);
