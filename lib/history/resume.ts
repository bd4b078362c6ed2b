/** What is left to do of an ensemble that was begun: the plan held against what the journal says. Pure. */
import type { EnsembleResumed } from "../events/event.js";
import { causeOf } from "../events/failure.js";
import { type Batch, type Ensemble, type Run } from "../plan/plan.js";
import { type Settings, skipCause } from "../plan/settings.js";
import {
  type BatchHistory,
  causeOfEnd,
  cycleOf,
  type History,
  outdate,
  type RunHistory,
  type Tasks,
  totalsOf,
} from "./history.js";

/** How the runs of the configuration compare with those that the journal knows; ids. */
export interface Changes {
  readonly unchanged: readonly string[];
  /** The same as before, in another place of the list: they keep their ids. */
  readonly moved: readonly string[];
  readonly fresh: readonly string[];
  readonly changed: readonly string[];
  readonly gone: readonly string[];
  /** Those of the changed and the gone that have not come to their end. */
  readonly open: readonly string[];
  /** Those of which a job was handed over whose end is not known. */
  readonly jobs: readonly string[];
}

export interface Resumption {
  /** Every run under the index under which the journal knows it. */
  readonly plan: Ensemble;
  /** What the stream leaves as it is. */
  readonly past: History;
  readonly changes: Changes;
}

export interface Resuming {
  readonly settings: Settings;
  /** Which failed runs are tried again: all of them, or those that failed for one of these causes. */
  readonly retry?: Retry;
}

/** Changes `history` into what the stream leaves as it is. */
export const resume = (plan: Ensemble, history: History, { settings, retry = false }: Resuming): Resumption => {
  const all = {
    unchanged: [],
    moved: [],
    fresh: [],
    changed: [],
    gone: [],
    open: [],
    jobs: [],
  } satisfies Changes as Mutable;
  const batches = plan.batches.map((batch) => aligned(batch, history.batches.get(batch.name), all, retry));
  for (const [name, known] of history.batches) {
    if (!plan.batches.some((batch) => batch.name === name)) for (const run of known.runs.values()) leave(run, all);
  }
  dropFailed(history.tasks, retry);
  let due = false;
  for (const batch of batches) due = renew(batch, history.batches.get(batch.name), settings, retry) || due;
  // What comes after all batches comes again once there is more that it comes after.
  if (due) outdate(history.tasks, "post_process");
  return { plan: { ...plan, batches }, past: history, changes: all };
};

type Retry = boolean | readonly string[];

const goesOn = ({ end }: RunHistory, retry: Retry): boolean =>
  end === undefined || (end.how === "failed" && retries(retry, causeOf(end.failure)));

type Mutable = { [K in keyof Changes]: string[] };

/** Gives every run of the batch the index that the journal knows it by, and those it does not know a free one. */
const aligned = (batch: Batch, known: BatchHistory | undefined, changes: Mutable, retry: Retry): Batch => {
  if (known === undefined) {
    changes.fresh.push(...batch.runs.map(({ id }) => id));
    return batch;
  }
  const left = new Map(known.runs);
  const placed = new Map<Run, number>();
  const place = (run: Run, index: number, how: "unchanged" | "moved" | "changed" | "fresh") => {
    placed.set(run, index);
    left.delete(index);
    changes[how].push(`${batch.name}-${index}`);
  };
  /** The same variables may go with other templates by now. */
  const found = (run: Run, before: RunHistory, how: "unchanged" | "moved" | "changed") => {
    const same = before.fingerprint === run.fingerprint;
    if (!same && goesOn(before, retry)) opened(before, changes);
    place(run, before.index, same ? how : "changed");
  };
  for (const run of batch.runs) {
    const before = left.get(run.index);
    if (before !== undefined && variablesIn(before) === variablesIn(run)) found(run, before, "unchanged");
  }
  const alike = new Map<string, RunHistory[]>();
  for (const before of left.values()) {
    const same = alike.get(variablesIn(before));
    if (same === undefined) alike.set(variablesIn(before), [before]);
    else same.push(before);
  }
  for (const run of batch.runs.filter((one) => !placed.has(one))) {
    const before = alike.get(variablesIn(run))?.shift();
    if (before !== undefined) found(run, before, "moved");
  }
  // Not by `Math.max(...)`: a hundred thousand arguments are too many.
  let free = [...known.runs.keys()].reduce((most, index) => Math.max(most, index), batch.runs.length - 1);
  const sameKind = known.digest === batch.digest;
  for (const run of batch.runs.filter((one) => !placed.has(one))) {
    const before = left.get(run.index);
    if (before !== undefined) found(run, before, "changed");
    else {
      const index = known.runs.has(run.index) ? ++free : run.index;
      // It was not begun; but those that were are of another kind than it would be now.
      if (!sameKind) changes.open.push(`${batch.name}-${index}`);
      place(run, index, sameKind ? "fresh" : "changed");
    }
  }
  for (const run of left.values()) leave(run, changes);
  const runs = batch.runs.map((run) => {
    const index = placed.get(run) ?? run.index;
    const one = at(batch, run, index);
    // Where it was begun, it stays.
    const { directory = one.directory } = known.runs.get(index) ?? {};
    return { ...one, directory };
  });
  return { ...batch, runs };
};

/** What stands for the variables of a run, in its fingerprint. */
const variablesIn = ({ fingerprint = "" }: { readonly fingerprint?: string }): string =>
  fingerprint.replace(/\..*/, "");

const leave = (run: RunHistory, changes: Mutable) => {
  changes.gone.push(run.id);
  if (run.end === undefined) opened(run, changes);
};

const opened = ({ id, end, job }: RunHistory, changes: Mutable) => {
  changes.open.push(id);
  if (end === undefined && job !== undefined && job.end === undefined) changes.jobs.push(id);
};

const at = (batch: Batch, run: Run, index: number): Run => {
  if (index === run.index) return run;
  const id = `${batch.name}-${index}`;
  return { ...run, id, index, directory: `${run.directory.slice(0, -run.id.length)}${id}` };
};

/** Makes due what is to be tried again, and what comes after it. True if any run of the batch is due. */
const renew = (batch: Batch, known: BatchHistory | undefined, settings: Settings, retry: Retry): boolean => {
  if (known === undefined) return true;
  dropFailed(known.tasks, retry);
  // What nobody knows of its own tasks, somebody has to decide about before it can go on.
  const held = [...known.tasks].filter(([, { state }]) => state === "failed");
  if (held.some(([task]) => task.startsWith("pre_batch"))) return false;
  // A loop that has come to its end is not begun again for runs that were in it.
  const over = known.finished?.ok === true;
  let due = false;
  for (const run of batch.runs) {
    const before = known.runs.get(run.index);
    if (before?.end !== undefined && goesOn(before, retry)) {
      known.runs.set(run.index, again(before));
    }
    due ||=
      skipCause(run, settings) === undefined && isDue(known.runs.get(run.index), over ? undefined : cycleOf(known));
  }
  if (due) {
    delete known.finished;
    outdate(known.tasks, "post_batch");
  } else if (known.finished?.ok === false) delete known.finished;
  // It is gone on with, and tells again of those that it leaves out.
  if (known.finished === undefined) known.left = 0;
  return due || known.finished === undefined;
};

const isDue = (run: RunHistory | undefined, cycle: number | undefined): boolean =>
  run === undefined || run.end === undefined || (cycle !== undefined && run.cycle !== cycle);

const retries = (retry: Retry, cause: string): boolean =>
  typeof retry === "boolean" ? retry : retry.some((word) => cause === word || cause.startsWith(`${word}:`));

const again = ({ index, id, directory, cycle, attempt }: RunHistory): RunHistory => ({
  ...{ index, id, directory, cycle, attempt: attempt + 1 },
  ...{ preparing: true, prepared: false, tasks: new Map(), hadJob: false },
});

/** What an ensemble or a batch failed by is tried again by starting it again; what nobody knows, once somebody asks for it. */
const dropFailed = (tasks: Tasks, retry: Retry) => {
  for (const [task, { state, failure }] of tasks) {
    if (state !== "failed") continue;
    if (failure?.reason !== "interrupted" || retries(retry, failure.reason)) tasks.delete(task);
  }
};

/** How many failures are told of one by one. */
const TOLD = 1000;

/** What earlier starts have brought to an end. */
export const resumedFact = (plan: Ensemble, past: History): EnsembleResumed => {
  const failures: EnsembleResumed["failures"][number][] = [];
  const causes = new Map<string, number>();
  let [failure_count, in_progress, changed] = [0, 0, 0];
  const batches = plan.batches.flatMap(({ name, runs }) => {
    const known = past.batches.get(name);
    if (known === undefined) return [];
    for (const { index, fingerprint } of runs) {
      const before = known.runs.get(index);
      if (before?.end !== undefined && before.fingerprint !== fingerprint) changed += 1;
    }
    const listed = runs.flatMap(({ index }) => known.runs.get(index) ?? []);
    for (const { id, directory, end } of listed) {
      if (end === undefined) in_progress += 1;
      const cause = causeOfEnd(end);
      if (cause === undefined || end?.how !== "failed") continue;
      causes.set(cause, (causes.get(cause) ?? 0) + 1);
      failure_count += 1;
      if (failures.length < TOLD) failures.push({ failure: end.failure, batch: name, run: id, directory });
    }
    const { cycle, before, finished } = known;
    return [{ batch: name, cycle, before, now: totalsOf(known, listed), ...(finished && { ok: finished.ok }) }];
  });
  return {
    type: "ensemble.resumed",
    ...{ starts: past.starts, in_progress, changed, batches, causes: [...causes], failures, failure_count },
  };
};
