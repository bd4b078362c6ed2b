/** The ends of the runs of a batch. If the batch repeats, each run counts once, and its last cycle decides. */
import type { Fact, InRun, Outcome, RunFinished, Totals } from "../events/event.js";
import { causeOf, isNotYet } from "../events/failure.js";
import type { BatchState, Failed, State } from "./state.js";

/** The number of failures, and of remarks, that the state keeps. */
export const KEPT = 1000;

export const addFailure = (state: State, failed: Failed): void => {
  state.failureCount += 1;
  if (state.failures.length < KEPT) state.failures.push(failed);
};

/** Adds the failure of a run, which is also counted by its cause. */
const failRun = (state: State, failed: Failed, batch: BatchState | undefined): void => {
  addFailure(state, failed);
  const cause = causeOf(failed.failure);
  for (const causes of batch ? [state.causes, batch.causes] : [state.causes])
    causes.set(cause, (causes.get(cause) ?? 0) + 1);
};

/** Ends a run in this cycle. */
export const countEnd = (
  state: State,
  event: RunEnding,
  { batch, directory }: { readonly batch: BatchState | undefined; readonly directory: string | undefined },
) => {
  const ids = { batch: event.batch, run: event.run, ...(directory !== undefined && { directory }) };
  if (batch && !event.ok && event.goes_on) {
    batch.ended += 1;
    batch.open.push({ failure: event.failure, ...ids });
    return;
  }
  if (batch) count(batch, event.ok ? "succeeded" : "failed");
  if (!event.ok) failRun(state, { failure: event.failure, ...ids }, batch);
};

type RunEnding = InRun & Outcome & Pick<RunFinished, "goes_on">;

/** Skips a run in this cycle. How it ended in an earlier one may still count. */
export const countSkip = (
  state: State,
  event: Fact & { type: "run.skipped" },
  { batch, directory }: { readonly batch: BatchState; readonly directory: string | undefined },
) => {
  const { because, earlier } = event;
  if (because !== "stopping") batch.idle += 1;
  if (earlier === undefined) return count(batch, because === "stopping" ? "stopped" : "skipped");
  if (!earlier.ok && !isNotYet(earlier.failure)) state.overruled = Math.max(0, state.overruled - 1);
  const { run, cycle, attempt } = event;
  countEnd(state, { batch: batch.name, run, cycle, attempt, ...earlier }, { batch, directory });
};

const count = (batch: BatchState, how: keyof Totals | "stopped") => {
  batch[how] += 1;
  batch.ended += 1;
};

/** Starts a cycle: the outcomes of the cycle before count no more, unless the loop ends before a run of this one has. */
export const startCycle = (state: State, batch: BatchState): void => {
  const own = state.failures.filter((failed) => isOf(batch, failed));
  const { succeeded, failed, skipped, open, causes } = batch;
  batch.last = { succeeded, failed, skipped, failures: [...own, ...open], open: open.length, causes: new Map(causes) };
  state.failures.splice(0, Infinity, ...state.failures.filter((one) => !isOf(batch, one)));
  state.failureCount -= failed;
  state.overruled += failed;
  for (const [cause, runs] of causes) {
    const left = (state.causes.get(cause) ?? 0) - runs;
    if (left > 0) state.causes.set(cause, left);
    else state.causes.delete(cause);
  }
  causes.clear();
  open.length = 0;
  Object.assign(batch, { succeeded: 0, failed: 0, skipped: 0, ended: 0, idle: 0, carried: 0, stopped: 0 });
};

/** Ends a loop: what was open has failed, and without a run in the last cycle, the outcomes of the one before count. */
export const endLoop = (state: State, batch: BatchState): void => {
  const { last, open } = batch;
  if (last !== undefined && batch.ended === 0) {
    const { succeeded, failed, skipped } = last;
    Object.assign(batch, { succeeded, failed, skipped, ended: succeeded + failed + skipped + last.open });
    state.failureCount += failed;
    state.overruled -= failed;
    state.failures.push(...last.failures.slice(0, last.failures.length - last.open));
    for (const [cause, runs] of last.causes) {
      batch.causes.set(cause, runs);
      state.causes.set(cause, (state.causes.get(cause) ?? 0) + runs);
    }
    open.push(...last.failures.slice(last.failures.length - last.open));
  }
  for (const failed of open) failRun(state, failed, batch);
  batch.failed += open.length;
  open.length = 0;
};

const isOf = ({ name }: BatchState, { batch, run }: Failed): boolean => batch === name && run !== undefined;
