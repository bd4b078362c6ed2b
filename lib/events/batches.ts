/** The events of batches. */
import type { Failure } from "./failure.js";
import type { Duration, Outcome, Totals } from "./run.js";

export interface BatchStarted {
  readonly type: "batch.started";
  readonly batch: string;
  readonly runs: number;
}

/** The batch does not start in this start of the ensemble, because a batch that must have succeeded has not. */
export interface BatchHeld {
  readonly type: "batch.held";
  readonly batch: string;
  /** The batch that has not succeeded. */
  readonly needs: string;
}

/** A repeating batch starts a cycle. */
export interface CycleStarted {
  readonly type: "cycle.started";
  readonly batch: string;
  readonly cycle: number;
}

/**
 * Not `ok` if one of the batch's own tasks failed or the batch was interrupted. Failed runs have events of their own. The
 * counts of runs are over all starts, and the last cycle of a run decides; journals of version 1 have no counts here.
 */
export type BatchFinished = {
  readonly type: "batch.finished";
  readonly batch: string;
  readonly cycles: number;
} & Partial<Totals> &
  Outcome &
  Duration;

/** Why a batch failed: one of its own tasks failed, or some of its runs did. */
export const batchFailure = (finished: BatchFinished): Failure | undefined => {
  if (!finished.ok) return finished.failure;
  const { failed = 0 } = finished;
  return failed === 0 ? undefined : { reason: "parts", runs: failed, batches: 0 };
};
