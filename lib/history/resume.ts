/** The comparison of a plan with the history of its journal, which decides what a resumed ensemble still has to do. */
import { causeOf } from "../events/failure.js";
import { type Batch, type Ensemble, type Run } from "../plan/plan.js";
import { type Settings, skipCause } from "../plan/settings.js";
import { updateFingerprints } from "./former-fingerprints.js";
import {
  type BatchHistory,
  cycleOf,
  goesOn,
  type History,
  outdate,
  type RunHistory,
  reopen,
  type Tasks,
} from "./history.js";

/** How the runs of the configuration compare with those in the journal: lists of ids. */
export interface Changes {
  readonly unchanged: readonly string[];
  /** Runs that are the same but at another place in the list: they keep their ids. */
  readonly moved: readonly string[];
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly gone: readonly string[];
  /** The changed and gone runs that have not ended. */
  readonly unfinished: readonly string[];
  /** The unfinished runs with a submitted job whose end is unknown. */
  readonly jobs: readonly string[];
}

export interface Resumption {
  /** The plan, in which each run has its index from the journal. */
  readonly plan: Ensemble;
  /** What the stream does not repeat. */
  readonly past: History;
  readonly changes: Changes;
}

export interface Resuming {
  readonly settings: Settings;
  /** The failed runs to retry: all of them, or those that failed for one of these causes. */
  readonly retry?: Retry;
}

/** Changes `history`, in place, into what the stream does not repeat. */
export const resume = (plan: Ensemble, history: History, { settings, retry = false }: Resuming): Resumption => {
  const changes = {
    unchanged: [],
    moved: [],
    added: [],
    changed: [],
    gone: [],
    unfinished: [],
    jobs: [],
  } satisfies Changes as Mutable;
  const batches = plan.batches.map((batch) => aligned(batch, history.batches.get(batch.name), changes, retry));
  for (const [name, known] of history.batches) {
    if (!plan.batches.some((batch) => batch.name === name))
      for (const run of known.runs.values()) addGone(run, changes);
  }
  dropFailed(history.tasks, retry);
  let due = false;
  for (const batch of batches) due = renew(batch, history.batches.get(batch.name), settings, retry) || due;
  // `post_process` is done again after further runs.
  if (due) outdate(history.tasks, "post_process");
  return { plan: { ...plan, batches }, past: history, changes };
};

type Retry = boolean | readonly string[];

/** Whether the run has not ended, or failed and is to be retried. */
const isToDo = ({ end }: RunHistory, retry: Retry): boolean =>
  end === undefined || (end.how === "failed" && retries(retry, causeOf(end.failure)));

type Mutable = { [K in keyof Changes]: string[] };

/** Gives every run of the batch its index in the journal, or a free index if the journal does not have it. */
const aligned = (batch: Batch, known: BatchHistory | undefined, changes: Mutable, retry: Retry): Batch => {
  if (known === undefined) {
    changes.added.push(...batch.runs.map(({ id }) => id));
    return batch;
  }
  updateFingerprints(batch, known);
  const left = new Map(known.runs);
  const placed = new Map<Run, number>();
  const place = (run: Run, index: number, how: "unchanged" | "moved" | "changed" | "added") => {
    placed.set(run, index);
    left.delete(index);
    changes[how].push(`${batch.name}-${index}`);
  };
  /** Matches a run with a run of the journal. A run with the same variables has changed if its batch has. */
  const match = (run: Run, before: RunHistory, how: "unchanged" | "moved" | "changed") => {
    const same = before.fingerprint === run.fingerprint;
    if (!same && isToDo(before, retry)) addUnfinished(before, changes);
    place(run, before.index, same ? how : "changed");
  };
  for (const run of batch.runs) {
    const before = left.get(run.index);
    if (before !== undefined && variablesIn(before) === variablesIn(run)) match(run, before, "unchanged");
  }
  const alike = new Map<string, RunHistory[]>();
  for (const before of left.values()) {
    const same = alike.get(variablesIn(before));
    if (same === undefined) alike.set(variablesIn(before), [before]);
    else same.push(before);
  }
  for (const run of batch.runs.filter((one) => !placed.has(one))) {
    const before = alike.get(variablesIn(run))?.shift();
    if (before !== undefined) match(run, before, "moved");
  }
  // `Math.max(...)` cannot take a hundred thousand arguments.
  let free = [...known.runs.keys()].reduce((most, index) => Math.max(most, index), batch.runs.length - 1);
  const isSameDigest = known.digest === batch.digest;
  for (const run of batch.runs.filter((one) => !placed.has(one))) {
    const before = left.get(run.index);
    if (before !== undefined) match(run, before, "changed");
    else {
      const index = known.runs.has(run.index) ? ++free : run.index;
      // The run is new, but the started runs of its batch were made with another digest.
      if (!isSameDigest) changes.unfinished.push(`${batch.name}-${index}`);
      place(run, index, isSameDigest ? "added" : "changed");
    }
  }
  for (const run of left.values()) addGone(run, changes);
  const runs = batch.runs.map((run) => {
    const index = placed.get(run) ?? run.index;
    const one = withIndex(batch, run, index);
    // A started run stays in its directory.
    const { directory = one.directory } = known.runs.get(index) ?? {};
    return { ...one, directory };
  });
  return { ...batch, runs };
};

/** The part of a fingerprint that is the digest of a run's variables. */
const variablesIn = ({ fingerprint = "" }: { readonly fingerprint?: string }): string =>
  fingerprint.replace(/\..*/, "");

const addGone = (run: RunHistory, changes: Mutable) => {
  changes.gone.push(run.id);
  if (run.end === undefined) addUnfinished(run, changes);
};

const addUnfinished = ({ id, end, job }: RunHistory, changes: Mutable) => {
  changes.unfinished.push(id);
  if (end === undefined && job !== undefined && job.end === undefined) changes.jobs.push(id);
};

const withIndex = (batch: Batch, run: Run, index: number): Run => {
  if (index === run.index) return run;
  const id = `${batch.name}-${index}`;
  return { ...run, id, index, directory: `${run.directory.slice(0, -run.id.length)}${id}` };
};

/** Makes the runs to retry due, and the tasks after the runs. True if a run of the batch, or the batch itself, is due. */
const renew = (batch: Batch, known: BatchHistory | undefined, settings: Settings, retry: Retry): boolean => {
  if (known === undefined) return true;
  // A loop that has ended is not started again for the runs that were in it.
  const hasEnded = known.finished?.ok === true;
  if (!hasEnded) dropFailed(known.tasks, retry);
  // If the result of one of the batch's own tasks is unknown, the user has to decide before the batch can go on.
  const undecided = hasEnded ? [] : [...known.tasks].filter(([, { state }]) => state === "failed");
  if (undecided.some(([task]) => task.startsWith("pre_batch"))) return false;
  let due = false;
  for (const run of batch.runs) {
    const before = known.runs.get(run.index);
    if (before?.end !== undefined && isToDo(before, retry) && (hasEnded || !batch.repeat || !goesOn(before))) {
      known.runs.set(run.index, nextAttempt(before));
    }
    due ||=
      skipCause(run, settings) === undefined && isDue(known.runs.get(run.index), hasEnded ? undefined : cycleOf(known));
  }
  if (due) {
    if (hasEnded) reopen(known);
    dropFailed(known.tasks, retry);
    delete known.finished;
    outdate(known.tasks, "post_batch");
  } else if (known.finished?.ok === false) delete known.finished;
  // A resumed batch emits `run.skipped` again for the runs that it skips.
  if (known.finished === undefined) known.left = 0;
  return due || known.finished === undefined;
};

const isDue = (run: RunHistory | undefined, cycle: number | undefined): boolean =>
  run === undefined || run.end === undefined || (cycle !== undefined && run.cycle !== cycle);

const retries = (retry: Retry, cause: string): boolean =>
  typeof retry === "boolean" ? retry : retry.some((word) => cause === word || cause.startsWith(`${word}:`));

const nextAttempt = ({ index, id, directory, cycle, attempt }: RunHistory): RunHistory => ({
  index,
  id,
  directory,
  cycle,
  attempt: attempt + 1,
  preparing: true,
  prepared: false,
  tasks: new Map(),
  hadJob: false,
});

/**
 * Drops the failed tasks of an ensemble or a batch, so that this start does them again. Keeps a task whose result is
 * unknown until the user retries it.
 */
const dropFailed = (tasks: Tasks, retry: Retry) => {
  for (const [task, { state, failure }] of tasks) {
    if (state !== "failed") continue;
    if (failure?.reason !== "interrupted" || retries(retry, failure.reason)) tasks.delete(task);
  }
};
