/** What the journal says of every run and task: where it stands, and so what is left to do. A pure fold over events. */
import type { Fact, InRun, InTask, JobState, Outcome } from "./event.js";
import { causeOf, type Failure, isStop } from "./failure.js";

export interface Standing {
  /** How often the ensemble was started. */
  starts: number;
  /** By start, what the machine's boot was called. */
  readonly boots: string[];
  backend?: string;
  /** Tasks of the ensemble itself. */
  readonly tasks: Tasks;
  readonly batches: Map<string, BatchStanding>;
}

export interface BatchStanding {
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
  readonly runs: Map<number, RunStanding>;
}

export interface Totals {
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface RunStanding {
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
  job?: JobStanding;
  /** Whether it was seen to hand a job over. */
  hadJob: boolean;
  end?: RunEnd;
}

export type RunEnd = { readonly how: "succeeded" | "skipped" } | { readonly how: "failed"; readonly failure: Failure };

/** By place: `pre_run[0]`. */
export type Tasks = Map<string, TaskStanding>;

export interface TaskStanding {
  readonly name: string;
  /** The start in which it was begun. */
  readonly start: number;
  readonly state: "begun" | "done" | "failed";
  /** Why, where it failed. */
  readonly failure?: Failure;
  /** What a `submit` task has handed over. */
  readonly job?: string;
}

export interface JobStanding {
  /** The start in which it was handed over. */
  readonly start: number;
  /** Absent where it is not known whether it was. */
  readonly id?: string;
  readonly state?: JobState;
  readonly end?: Outcome;
}

export const nothing = (): Standing => ({ starts: 0, boots: [], tasks: new Map(), batches: new Map() });

const NONE: Totals = { succeeded: 0, failed: 0, skipped: 0 };

/** Takes a fact into the standing, and returns that same standing. */
export const stand = (standing: Standing, fact: Fact): Standing => {
  switch (fact.type) {
    case "stream.opened":
      standing.starts += 1;
      standing.boots[standing.starts] = fact.boot;
      return standing;
    case "ensemble.started":
      standing.backend = fact.backend;
      for (const { batch, digest } of fact.batches) {
        if (digest !== undefined) batchOf(standing, batch).digest = digest;
      }
      return standing;
    case "batch.started":
      batchOf(standing, fact.batch).left = 0;
      return standing;
    case "cycle.started": {
      const batch = batchOf(standing, fact.batch);
      Object.assign(batch, { before: totalsOf(batch), left: 0, cycle: fact.cycle });
      batch.tasks.clear();
      return standing;
    }
    case "batch.finished": {
      const batch = batchOf(standing, fact.batch);
      if (fact.ok || !isStop(fact.failure)) batch.finished = outcomeOf(fact);
      return standing;
    }
    case "run.started":
      begin(standing, fact);
      return standing;
    case "run.skipped":
      // Left out by the command line, or never reached: it is due all the same.
      if (fact.because === "check") end(standing, fact, { how: "skipped" });
      else if (fact.because !== "stopping") batchOf(standing, fact.batch).left += 1;
      return standing;
    case "run.finished":
      end(standing, fact, fact.ok ? { how: "succeeded" } : { how: "failed", failure: fact.failure });
      return standing;
    case "task.started":
      tasksOf(standing, fact)?.set(fact.task, {
        name: fact.name,
        start: fact.start ?? standing.starts,
        state: "begun",
      });
      return standing;
    case "task.finished": {
      const tasks = tasksOf(standing, fact);
      const begun = tasks?.get(fact.task);
      if (begun)
        tasks?.set(fact.task, {
          ...begun,
          ...(fact.ok ? { state: "done" } : { state: "failed", failure: fact.failure }),
        });
      return standing;
    }
    case "job.submitted":
    case "job.submitting":
    case "job.changed":
    case "job.finished":
      takeJob(standing, fact);
      return standing;
    case "run.preparing":
    case "run.prepared": {
      const run = runOf(standing, fact);
      if (run) run[fact.type === "run.preparing" ? "preparing" : "prepared"] = true;
      return standing;
    }
    default:
      return standing;
  }
};

const outcomeOf = (fact: Outcome): Outcome => (fact.ok ? { ok: true } : { ok: false, failure: fact.failure });

const batchOf = (standing: Standing, name: string): BatchStanding => {
  const known = standing.batches.get(name);
  if (known !== undefined) return known;
  const batch: BatchStanding = { cycle: 0, tasks: new Map(), before: NONE, left: 0, runs: new Map() };
  standing.batches.set(name, batch);
  return batch;
};

const indexOf = ({ batch, run }: Pick<InRun, "batch" | "run">): number => Number(run.slice(batch.length + 1));

/** The run as it stands in that cycle and that attempt. */
const runOf = (standing: Standing, here: InRun): RunStanding | undefined => {
  const run = standing.batches.get(here.batch)?.runs.get(indexOf(here));
  return run?.cycle === here.cycle && run.attempt === here.attempt ? run : undefined;
};

const tasksOf = (standing: Standing, here: InTask): Tasks | undefined => {
  if (here.run !== undefined) return runOf(standing, here as InRun)?.tasks;
  return here.batch === undefined ? standing.tasks : batchOf(standing, here.batch).tasks;
};

const begin = (standing: Standing, fact: Fact & { type: "run.started" }) => {
  const batch = batchOf(standing, fact.batch);
  // What comes after runs is due again once another run has begun.
  if (batch.finished !== undefined) delete batch.finished;
  forget(batch.tasks, "post_batch");
  forget(standing.tasks, "post_process");
  const { index, run: id, directory, cycle, attempt, fingerprint } = fact;
  const known = runOf(standing, fact);
  if (known !== undefined) {
    if (fingerprint !== undefined) known.fingerprint = fingerprint;
    return;
  }
  batch.runs.set(index, {
    ...{ index, id, directory, cycle, attempt, preparing: false, prepared: false, tasks: new Map(), hadJob: false },
    ...(fingerprint !== undefined && { fingerprint }),
  });
};

const forget = (tasks: Tasks, list: string) => {
  for (const task of tasks.keys()) if (task.startsWith(`${list}[`)) tasks.delete(task);
};

const end = (standing: Standing, here: InRun, how: RunEnd) => {
  const run = runOf(standing, here);
  if (run === undefined) return;
  run.end = how;
  // Ten thousand runs that have ended are told of for as long as the ensemble lasts.
  run.tasks = new Map();
  delete run.job;
};

const takeJob = (standing: Standing, fact: Fact & { type: `job.${string}` }) => {
  if ("task" in fact && fact.task !== undefined) {
    const tasks = tasksOf(standing, { ...fact, task: fact.task, name: "submit" });
    const begun = tasks?.get(fact.task);
    if (begun === undefined) return;
    if (fact.type === "job.submitting") tasks?.set(fact.task, { ...begun, start: standing.starts });
    if (fact.type === "job.submitted") tasks?.set(fact.task, { ...begun, job: fact.job });
    return;
  }
  const run = runOf(standing, fact as InRun);
  if (run === undefined) return;
  switch (fact.type) {
    case "job.submitting":
      run.job = { start: standing.starts };
      return;
    case "job.submitted":
      run.hadJob = true;
      run.job = { start: standing.starts, ...run.job, id: fact.job };
      return;
    case "job.changed":
      run.job = { start: standing.starts, ...run.job, state: fact.state };
      return;
    case "job.finished":
      run.job = { start: standing.starts, ...run.job, end: outcomeOf(fact) };
  }
};

/** The cycle that runs of the batch are in. */
export const cycleOf = ({ cycle }: BatchStanding): number => Math.max(1, cycle);

/** How many runs of a batch have ended, or were left out, in its present cycle and before. */
export const totalsOf = (batch: BatchStanding): Totals => {
  const totals = { ...batch.before, skipped: batch.before.skipped + batch.left };
  const cycle = cycleOf(batch);
  for (const run of batch.runs.values()) if (run.cycle === cycle && run.end !== undefined) totals[run.end.how] += 1;
  return totals;
};

/** Why a run failed, in the word by which failures are counted. */
export const causeOfEnd = (end: RunEnd | undefined): string | undefined =>
  end?.how === "failed" ? causeOf(end.failure) : undefined;
