/** The fold of events into the history of an ensemble. It changes the history in place and nothing else. */
import type { Fact, InRun, InTask, Outcome, Totals } from "../events/event.js";
import { isStop } from "../events/failure.js";
import {
  type BatchHistory,
  goesOn,
  type History,
  outdate,
  type RunEnd,
  type RunHistory,
  reopen,
  type Tasks,
  totalsOf,
  workedEnd,
} from "./history.js";
import { placeAfter, relocate } from "./place.js";

/** Adds a fact to the history, and returns the same history. */
export const reduceHistory = (history: History, fact: Fact): History => {
  switch (fact.type) {
    case "stream.opened":
      history.starts += 1;
      history.boots[history.starts] = fact.boot;
      setPlace(history, fact);
      return history;
    case "ensemble.started":
      history.backend = fact.backend;
      if (fact.place?.moved_from !== undefined) relocate(history, fact.place.moved_from, fact.place.directory);
      setPlace(history, fact);
      for (const { batch, digest } of fact.batches) {
        if (digest !== undefined) batchOf(history, batch).digest = digest;
      }
      return history;
    case "batch.started":
      batchOf(history, fact.batch).left = 0;
      return history;
    case "cycle.started": {
      const batch = batchOf(history, fact.batch);
      const { succeeded, failed, skipped } = totalsOf(
        batch,
        [...batch.runs.values()].filter((run) => !goesOn(run)),
      );
      const { before } = batch;
      batch.before = {
        succeeded: before.succeeded + succeeded,
        failed: before.failed + failed,
        skipped: before.skipped + skipped,
      };
      Object.assign(batch, { left: 0, cycle: fact.cycle });
      batch.tasks.clear();
      return history;
    }
    case "batch.finished": {
      const batch = batchOf(history, fact.batch);
      if (fact.ok || !isStop(fact.failure)) batch.finished = withoutIds(fact);
      return history;
    }
    case "run.started":
      startRun(history, fact);
      return history;
    case "run.skipped":
      // A run is still due if the command line skipped it or the ensemble stopped before it.
      if (fact.because === "check") endRun(history, fact, fact.earlier ? endOf(fact.earlier) : { how: "skipped" });
      else if (fact.because !== "stopping") leaveOut(history, fact);
      return history;
    case "run.finished":
      endRun(history, fact, endOf(fact));
      return history;
    case "task.started":
      startTask(history, fact);
      return history;
    case "task.finished": {
      const tasks = tasksOf(history, fact);
      const known = tasks?.get(fact.task);
      if (fact.ignored) history.ignored = (history.ignored ?? 0) + 1;
      if (known)
        tasks?.set(fact.task, {
          ...known,
          ...(fact.ok || fact.ignored ? { state: "done" } : { state: "failed", failure: fact.failure }),
        });
      return history;
    }
    case "job.submitted":
    case "job.submitting":
    case "job.changed":
    case "job.vanished":
    case "job.finished":
      reduceJob(history, fact);
      return history;
    case "run.preparing":
    case "run.prepared": {
      const run = runOf(history, fact);
      if (run) run[fact.type === "run.preparing" ? "preparing" : "prepared"] = true;
      return history;
    }
    default:
      return history;
  }
};

const setPlace = (history: History, fact: Parameters<typeof placeAfter>[1]) => {
  const place = placeAfter(history.place, fact);
  if (place !== undefined) history.place = place;
};

const withoutIds = (fact: Outcome): Outcome => (fact.ok ? { ok: true } : { ok: false, failure: fact.failure });

const endOf = (fact: Outcome): RunEnd => (fact.ok ? { how: "succeeded" } : { how: "failed", failure: fact.failure });

/** Skips a run that has not started in this cycle. Its end in an earlier one may still count. */
const leaveOut = (history: History, fact: Fact & { type: "run.skipped" }) => {
  const batch = batchOf(history, fact.batch);
  const known = batch.runs.get(indexOf(fact));
  if (fact.earlier === undefined || known?.end === undefined) batch.left += 1;
  else batch.runs.set(known.index, { ...known, cycle: fact.cycle, end: endOf(fact.earlier) });
};

const batchOf = (history: History, name: string): BatchHistory => {
  const known = history.batches.get(name);
  if (known !== undefined) return known;
  const batch: BatchHistory = { cycle: 0, tasks: new Map(), before: NONE, left: 0, runs: new Map() };
  history.batches.set(name, batch);
  return batch;
};

const indexOf = ({ batch, run }: Pick<InRun, "batch" | "run">): number => Number(run.slice(batch.length + 1));

/** The run, if the history has it in this cycle and this attempt. */
const runOf = (history: History, ids: InRun): RunHistory | undefined => {
  const run = history.batches.get(ids.batch)?.runs.get(indexOf(ids));
  return run?.cycle === ids.cycle && run.attempt === ids.attempt ? run : undefined;
};

const tasksOf = (history: History, ids: InTask): Tasks | undefined => {
  if (ids.run !== undefined) return runOf(history, ids as InRun)?.tasks;
  return ids.batch === undefined ? history.tasks : batchOf(history, ids.batch).tasks;
};

const startRun = (history: History, fact: Fact & { type: "run.started" }) => {
  const batch = batchOf(history, fact.batch);
  if (batch.finished?.ok) reopen(batch);
  // The tasks after the runs are due again once another run has started.
  if (batch.finished !== undefined) delete batch.finished;
  outdate(batch.tasks, "post_batch");
  outdate(history.tasks, "post_process");
  const { index, run: id, directory, cycle, attempt, fingerprint } = fact;
  const known = runOf(history, fact);
  if (known !== undefined) {
    if (fingerprint !== undefined) known.fingerprint = fingerprint;
    return;
  }
  const before = batch.runs.get(index);
  const earlier = before && (before.cycle < cycle ? workedEnd(before) : before.earlier);
  batch.runs.set(index, {
    index,
    id,
    directory,
    cycle,
    attempt,
    preparing: false,
    prepared: false,
    tasks: new Map(),
    hadJob: false,
    ...(fingerprint !== undefined && { fingerprint }),
    ...(earlier !== undefined && { earlier }),
  });
};

const startTask = (history: History, fact: Fact & { type: "task.started" }) => {
  const tasks = tasksOf(history, fact);
  const { name, start = history.starts } = fact;
  const known = tasks?.get(fact.task);
  // A resumed task keeps its job and token: it must not submit the same job again.
  const isResumed = fact.start !== undefined && known?.name === name;
  tasks?.set(fact.task, { ...(isResumed && known), name, start, state: "begun" });
};

const endRun = (history: History, ids: InRun, how: RunEnd) => {
  const run = runOf(history, ids);
  if (run === undefined) return;
  run.end = how;
  delete run.earlier;
  // Saves memory: the history may hold ten thousand finished runs until the ensemble ends.
  run.tasks = NO_TASKS;
  delete run.job;
};

const NO_TASKS: Tasks = new Map();

type JobFact = Extract<Fact, { readonly type: `job.${string}` }>;

const reduceJob = (history: History, fact: JobFact) => {
  if ((fact.type === "job.submitting" || fact.type === "job.submitted") && fact.task !== undefined) {
    const tasks = tasksOf(history, { ...fact, task: fact.task, name: "submit" });
    const known = tasks?.get(fact.task);
    if (known === undefined) return;
    if (fact.type === "job.submitting") tasks?.set(fact.task, { ...known, start: history.starts, ...tokenOf(fact) });
    else tasks?.set(fact.task, { ...known, job: fact.job });
    return;
  }
  const run = runOf(history, fact as InRun);
  if (run === undefined) return;
  switch (fact.type) {
    case "job.submitting":
      run.job = { start: history.starts, ...tokenOf(fact) };
      return;
    case "job.submitted":
      run.hadJob = true;
      run.job = { start: history.starts, ...run.job, id: fact.job };
      return;
    case "job.changed":
      run.job = { start: history.starts, ...run.job, state: fact.state };
      return;
    case "job.vanished":
      delete run.job;
      return;
    case "job.finished":
      run.job = { start: history.starts, ...run.job, end: withoutIds(fact) };
  }
};

const tokenOf = ({ token }: { readonly token?: string }) => (token === undefined ? {} : { token });

const NONE: Totals = { succeeded: 0, failed: 0, skipped: 0 };
