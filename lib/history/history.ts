/** What the journal says of every run and task: where it stands, and so what is left to do. Plain data. */
import type { JobState, Outcome, Totals } from "../events/event.js";
import { causeOf, type Failure } from "../events/failure.js";

export interface History {
  /** How often the ensemble was started. */
  starts: number;
  /** By start, what the machine's boot was called. */
  readonly boots: string[];
  backend?: string;
  /** Tasks of the ensemble itself. */
  readonly tasks: Tasks;
  readonly batches: Map<string, BatchHistory>;
}

export interface BatchHistory {
  /** Stands for all that its runs have in common. */
  digest?: string;
  /** 0 until a batch that repeats has begun a cycle. */
  cycle: number;
  /** Tasks of its present cycle. */
  readonly tasks: Tasks;
  finished?: Outcome;
  /** What there was of each kind when its cycle began. */
  before: Totals;
  /** How many runs its present cycle has left out: a start that goes on with it tells of them again. */
  left: number;
  /** By index: each run as its latest cycle left it. */
  readonly runs: Map<number, RunHistory>;
}

export interface RunHistory {
  readonly index: number;
  readonly id: string;
  readonly directory: string;
  readonly cycle: number;
  readonly attempt: number;
  fingerprint?: string;
  /** Its directory may be there, and is its own. */
  preparing: boolean;
  prepared: boolean;
  tasks: Tasks;
  job?: JobHistory;
  /** Whether it was seen to hand a job over. */
  hadJob: boolean;
  end?: RunEnd;
}

export type RunEnd = { readonly how: "succeeded" | "skipped" } | { readonly how: "failed"; readonly failure: Failure };

/** By place: `pre_run[0]`. */
export type Tasks = Map<string, TaskHistory>;

export interface TaskHistory {
  readonly name: string;
  /** The start in which it was begun. */
  readonly start: number;
  readonly state: "begun" | "done" | "failed";
  /** Why, where it failed. */
  readonly failure?: Failure;
  /** It comes after runs of which there are more by now: once it has ended, it is done again. */
  readonly stale?: true;
  /** What a `submit` task has handed over, and under which token it was about to. */
  readonly job?: string;
  readonly token?: string;
}

export interface JobHistory {
  /** The start in which it was handed over. */
  readonly start: number;
  readonly token?: string;
  /** Absent where it is not known whether it was. */
  readonly id?: string;
  readonly state?: JobState;
  readonly end?: Outcome;
}

export const emptyHistory = (): History => ({ starts: 0, boots: [], tasks: new Map(), batches: new Map() });

/**
 * Makes the tasks of a list due again, for there are more runs that they come after. One that may still run is looked
 * for first, since it must not run twice at once; one that is left as failed waits for somebody's word.
 */
export const outdate = (tasks: Tasks, list: "post_batch" | "post_process"): void => {
  for (const [name, task] of tasks) {
    if (!name.startsWith(`${list}[`)) continue;
    if (task.state === "begun") tasks.set(name, { ...task, stale: true });
    else if (task.state === "done") tasks.delete(name);
  }
};

/** The cycle that runs of the batch are in. */
export const cycleOf = ({ cycle }: BatchHistory): number => Math.max(1, cycle);

/** How many runs of a batch have ended, or were left out, in its present cycle and before. */
export const totalsOf = (batch: BatchHistory, runs: Iterable<RunHistory> = batch.runs.values()): Totals => {
  const totals = { ...batch.before, skipped: batch.before.skipped + batch.left };
  const cycle = cycleOf(batch);
  for (const run of runs) if (run.cycle === cycle && run.end !== undefined) totals[run.end.how] += 1;
  return totals;
};

/** Why a run failed, in the word by which failures are counted. */
export const causeOfEnd = (end: RunEnd | undefined): string | undefined =>
  end?.how === "failed" ? causeOf(end.failure) : undefined;
