/** What events mean for where runs and tasks stand: a pure fold, but for the standing, which is changed in place. */
import type { Fact, InRun, InTask, Outcome } from "../events/event.js";
import { isStop } from "../events/failure.js";
import {
  type BatchStanding,
  outdate,
  type RunEnd,
  type RunStanding,
  type Standing,
  type Tasks,
  type Totals,
  totalsOf,
} from "./history.js";

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
      beginTask(standing, fact);
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
    case "job.vanished":
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
  outdate(batch.tasks, "post_batch");
  outdate(standing.tasks, "post_process");
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

const beginTask = (standing: Standing, fact: Fact & { type: "task.started" }) => {
  const tasks = tasksOf(standing, fact);
  const { name, start = standing.starts } = fact;
  const known = tasks?.get(fact.task);
  // One that is looked after again is still what it was: what it has handed over, it must not hand over again.
  const same = fact.start !== undefined && known?.name === name;
  tasks?.set(fact.task, { ...(same && known), name, start, state: "begun" });
};

const end = (standing: Standing, here: InRun, how: RunEnd) => {
  const run = runOf(standing, here);
  if (run === undefined) return;
  run.end = how;
  // Ten thousand runs that have ended are told of for as long as the ensemble lasts.
  run.tasks = NO_TASKS;
  delete run.job;
};

const NO_TASKS: Tasks = new Map();

type JobFact = Extract<Fact, { readonly type: `job.${string}` }>;

const takeJob = (standing: Standing, fact: JobFact) => {
  if ((fact.type === "job.submitting" || fact.type === "job.submitted") && fact.task !== undefined) {
    const tasks = tasksOf(standing, { ...fact, task: fact.task, name: "submit" });
    const begun = tasks?.get(fact.task);
    if (begun === undefined) return;
    if (fact.type === "job.submitting") tasks?.set(fact.task, { ...begun, start: standing.starts, ...tokenOf(fact) });
    else tasks?.set(fact.task, { ...begun, job: fact.job });
    return;
  }
  const run = runOf(standing, fact as InRun);
  if (run === undefined) return;
  switch (fact.type) {
    case "job.submitting":
      run.job = { start: standing.starts, ...tokenOf(fact) };
      return;
    case "job.submitted":
      run.hadJob = true;
      run.job = { start: standing.starts, ...run.job, id: fact.job };
      return;
    case "job.changed":
      run.job = { start: standing.starts, ...run.job, state: fact.state };
      return;
    case "job.vanished":
      delete run.job;
      return;
    case "job.finished":
      run.job = { start: standing.starts, ...run.job, end: outcomeOf(fact) };
  }
};

const tokenOf = ({ token }: { readonly token?: string }) => (token === undefined ? {} : { token });

const NONE: Totals = { succeeded: 0, failed: 0, skipped: 0 };
