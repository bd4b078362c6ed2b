/**
 * The fold of events into the state.
 *
 * It changes the state in place and nothing else: an ensemble of 10,000 runs emits 150,000 events.
 */
import { type EnsembleResumed, type Fact, type InRun, type InTask, type Stamp, unreachable } from "../events/event.js";
import { causeOf, isIgnorable, isStop } from "../events/failure.js";
import { addFailure, countEnd, countSkip, endLoop, KEPT, startCycle } from "./cycles.js";
import { type BatchState, type RunState, type State, type TaskState, totalsInBatch } from "./state.js";

const SLOWEST = 5;

/** Adds an event to the state, and returns the same state. */
export const reduce = (state: State, event: Fact & Partial<Stamp>): State => {
  const batch = "batch" in event ? state.batches.get(event.batch) : undefined;
  const run = "run" in event ? state.active.get(event.run) : undefined;
  switch (event.type) {
    case "stream.opened":
      state.opened = event;
      return state;
    case "configuration.warned":
    case "configuration.refused":
      return state;
    case "journal.refused":
      state.refused = event;
      return state;
    case "journal.mended":
    case "backend.noted":
      return state;
    case "backend.silent":
      state.silent = event;
      return state;
    case "backend.answered":
      delete state.silent;
      return state;
    case "journal.stalled":
      state.stalled = event;
      return state;
    case "journal.recovered":
      delete state.stalled;
      return state;
    case "ensemble.started":
      reset(state);
      state.started = event;
      for (const { batch: name, runs } of event.batches) {
        state.batches.set(name, {
          ...{ name, runs, cycle: 0, ended: 0, carried: 0, stopped: 0, idle: 0, active: 0 },
          ...{ succeeded: 0, failed: 0, skipped: 0, causes: new Map(), open: [] },
        });
      }
      return state;
    case "ensemble.resumed":
      resume(state, event);
      return state;
    case "ensemble.stopping":
      state.stopping = event;
      return state;
    case "ensemble.finished":
      state.finished = event;
      // Failed runs and batches have reported their failures themselves.
      if (!event.ok && event.failure.reason !== "parts" && !isStop(event.failure))
        addFailure(state, { failure: event.failure });
      return state;
    case "batch.started":
      if (batch) Object.assign(batch, since(event));
      return state;
    case "batch.held":
      if (batch) batch.needs = event.needs;
      return state;
    case "cycle.started":
      if (batch) {
        startCycle(state, batch);
        batch.cycle = event.cycle;
        if (event.time !== undefined) batch.cycleSince = event.time;
      }
      return state;
    case "batch.finished":
      if (batch && event.ok) endLoop(state, batch);
      if (batch) batch.finished = { ...totalsInBatch(state, batch.name), ...event };
      if (!event.ok && !isStop(event.failure)) addFailure(state, { failure: event.failure, batch: event.batch });
      return state;
    case "run.started":
      if (batch && !run) batch.active += 1;
      state.active.set(event.run, { ...idsOf(event), directory: event.directory, phase: "prepare", ...since(event) });
      return state;
    case "run.preparing":
      return state;
    case "run.prepared":
      if (run) enter(run, "ready", event);
      if (event.changed !== undefined && state.remarks.length < KEPT) state.remarks.push(event);
      return state;
    case "run.waiting":
      if (run) enter(run, event.because === "maxjobs" ? "maxjobs" : run.phase, event, event.message ?? event.because);
      return state;
    case "run.skipped":
      leave(state, batch, event);
      if (batch) countSkip(state, event, { batch, directory: run?.directory });
      return state;
    case "run.finished":
      leave(state, batch, event);
      rankBySlowness(state, event.run, event.elapsed_s);
      countEnd(state, event, { batch, directory: run?.directory });
      return state;
    case "task.started":
      if (run) enter(run, listOf(event), event);
      ownerOfTask(state, batch, run, event).task = { task: event.task, name: event.name, ...since(event) };
      return state;
    case "task.waiting": {
      const { task } = ownerOfTask(state, batch, run, event);
      if (task) task.waiting = event.message;
      return state;
    }
    case "task.finished":
      delete ownerOfTask(state, batch, run, event).task;
      if (event.message !== undefined && state.remarks.length < KEPT) state.remarks.push(event);
      if (event.ignored) state.ignored += 1;
      else if (!event.ok && event.name === "execute" && isIgnorable(event.failure)) state.ignorable += 1;
      return state;
    case "job.submitting":
      if (run && event.task === undefined) enter(run, "job", event);
      return state;
    case "job.submitted":
      if (run && event.task === undefined) {
        // A job of an earlier start is adopted without a `job.submitting`.
        enter(run, "job", event);
        run.job = event.job;
      }
      return state;
    case "job.changed":
      if (run) run.jobState = event.state;
      if (run && event.message !== undefined) run.jobMessage = event.message;
      else if (run) delete run.jobMessage;
      return state;
    case "job.vanished":
    case "job.finished":
      if (run) {
        delete run.jobState;
        delete run.jobMessage;
      }
      if (run && event.type === "job.vanished") delete run.job;
      return state;
    default:
      return unreachable(event);
  }
};

/** Clears the state at each start. `ensemble.resumed` then carries over what earlier starts have finished. */
const reset = (state: State) => {
  delete state.stopping;
  delete state.finished;
  delete state.task;
  delete state.stalled;
  delete state.silent;
  for (const map of [state.batches, state.active, state.causes]) map.clear();
  state.failures.length = 0;
  state.remarks.length = 0;
  state.slowest.length = 0;
  state.failureCount = 0;
  state.overruled = 0;
  state.ignored = 0;
  state.ignorable = 0;
};

const resume = (state: State, event: EnsembleResumed) => {
  state.resumed = event;
  for (const { batch: name, cycle, before, last, now, ok } of event.batches) {
    const batch = state.batches.get(name);
    if (batch === undefined) continue;
    const ended = now.succeeded + now.failed + now.skipped;
    Object.assign(batch, now, { ended, carried: ended, cycle });
    state.overruled += before.failed;
    batch.last = { ...last, failures: [], open: 0, causes: new Map() };
    if (ok) batch.finished = { type: "batch.finished", batch: name, cycles: cycle, ...now, ok, elapsed_s: 0 };
  }
  for (const { failure, batch = "", run } of event.failures) {
    const causes = run === undefined ? undefined : state.batches.get(batch)?.causes;
    causes?.set(causeOf(failure), (causes.get(causeOf(failure)) ?? 0) + 1);
  }
  for (const [cause, runs] of event.causes) state.causes.set(cause, runs);
  state.failures.push(...event.failures);
  state.failureCount = event.failure_count;
  state.ignored = event.ignored ?? 0;
};

const since = (event: Partial<Stamp>) => (event.time === undefined ? {} : { since: event.time });

const idsOf = ({ batch, run, cycle, attempt }: InRun): InRun => ({ batch, run, cycle, attempt });

const listOf = ({ task }: InTask): string => task.replace(/\[.*/, "");

/** Moves a run to a phase. If the run is in the phase already, its clock runs on, as through the tasks of one list. */
const enter = (run: RunState, phase: string, event: Partial<Stamp>, waiting?: string) => {
  if (run.phase !== phase) Object.assign(run, { phase, ...since(event) });
  if (waiting === undefined) delete run.waiting;
  else run.waiting = waiting;
};

/** The owner of a task: a run, else a batch, else the ensemble. */
const ownerOfTask = (
  state: State,
  batch: BatchState | undefined,
  run: RunState | undefined,
  event: InTask,
): { task?: TaskState } => (event.run === undefined ? (batch ?? state) : (run ?? {}));

/** Ends the progress of a run. A skipped run was never in progress. */
const leave = (state: State, batch: BatchState | undefined, { run }: InRun) => {
  if (state.active.delete(run) && batch) batch.active -= 1;
};

const rankBySlowness = (state: State, run: string, elapsed_s: number) => {
  const { slowest } = state;
  if (slowest.length === SLOWEST && elapsed_s <= (slowest.at(-1)?.elapsed_s ?? 0)) return;
  slowest.push({ run, elapsed_s });
  slowest.sort((a, b) => b.elapsed_s - a.elapsed_s);
  slowest.length = Math.min(slowest.length, SLOWEST);
};
