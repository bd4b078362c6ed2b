/** How far a batch has come, and when it may be done: never more than is known. */
import type { BatchState } from "../../../lib/index.js";
import type { Paints } from "../color.js";
import type { Signs } from "./signs.js";

export interface Progress {
  /** Runs that have ended in this cycle: done, failed, left out. */
  readonly ended: number;
  readonly failed: number;
  readonly runs: number;
  /** In whole percent, rounded down: 100 is said when all have ended and not before. */
  readonly percent: number;
  readonly elapsed_s?: number;
  /** Absent as long as nothing has ended from which it could be told. */
  readonly left_s?: number;
}

/** `now` and all times of the state are the clock of the events, in milliseconds. */
export const progressOf = (batch: BatchState, now: number): Progress => {
  const { runs, before, finished } = batch;
  // What was not begun because the ensemble is to stop has not come any further.
  const ended = batch.ended - batch.stopped;
  const failed = batch.failed - before.failed;
  const percent = runs === 0 ? 100 : Math.floor((100 * ended) / runs);
  const progress = { ended, failed, runs, percent };
  if (finished !== undefined) return { ...progress, elapsed_s: finished.elapsed_s };
  const since = batch.cycleSince ?? batch.since;
  if (since === undefined) return progress;
  const elapsed_s = Math.max(0, (now - Date.parse(since)) / 1000);
  // Runs that were left out took no time, and say nothing about those to come.
  const worked = ended - batch.carried - (batch.skipped - before.skipped);
  if (worked <= 0 || ended >= runs) return { ...progress, elapsed_s };
  return { ...progress, elapsed_s, left_s: ((runs - ended) * elapsed_s) / worked };
};

/** `width` cells: what went well, what failed, what is still to come. A failure is never too small to be seen. */
export const bar = (
  { ended, failed, runs }: Progress,
  width: number,
  { good, bad, faint }: Paints,
  signs: Signs,
): string => {
  const share = (number: number) => (runs === 0 ? width : Math.floor((width * number) / runs));
  const full = share(ended);
  const wrong = failed === 0 ? 0 : Math.min(width, Math.max(1, share(failed)));
  const right = Math.max(0, full - wrong);
  return [
    signs.open,
    good(signs.full.repeat(right)),
    bad(signs.wrong.repeat(wrong)),
    faint(signs.empty.repeat(width - right - wrong)),
    signs.close,
  ].join("");
};
