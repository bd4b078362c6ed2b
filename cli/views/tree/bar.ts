/** The progress of a batch, its bar, and an estimate of the time left. */
import type { BatchState } from "../../../lib/index.js";
import type { Palette } from "../color.js";
import type { Glyphs } from "./glyphs.js";

export interface Progress {
  /** Runs that have ended in this cycle: succeeded, failed or skipped. */
  readonly ended: number;
  readonly failed: number;
  readonly runs: number;
  /** Rounded down: 100 only if all runs have ended. */
  readonly percent: number;
  readonly elapsed_s?: number;
  /** The estimate. Absent until a run that this start executed has ended. */
  readonly left_s?: number;
}

/** `now` is in milliseconds, on the clock of the events, like all times of the state. */
export const progressOf = (batch: BatchState, now: number): Progress => {
  const { runs, failed, finished } = batch;
  // Runs skipped because the ensemble is stopping are still due.
  const ended = batch.ended - batch.stopped;
  const percent = runs === 0 ? 100 : Math.floor((100 * ended) / runs);
  const progress = { ended, failed, runs, percent };
  if (finished !== undefined) return { ...progress, elapsed_s: finished.elapsed_s };
  const since = batch.cycleSince ?? batch.since;
  if (since === undefined) return progress;
  const elapsed_s = Math.max(0, (now - Date.parse(since)) / 1000);
  // Skipped and resumed runs took no time in this start, so the estimate leaves them out.
  const executed = ended - batch.carried - batch.idle;
  if (executed <= 0 || ended >= runs) return { ...progress, elapsed_s };
  return { ...progress, elapsed_s, left_s: ((runs - ended) * elapsed_s) / executed };
};

/** A bar of `width` cells: succeeded, failed, still to come. Any failure fills at least one cell. */
export const bar = (
  { ended, failed, runs }: Progress,
  width: number,
  { good, bad, dim }: Palette,
  glyphs: Glyphs,
): string => {
  const cellsFor = (number: number) => (runs === 0 ? width : Math.floor((width * number) / runs));
  const endedCells = cellsFor(ended);
  const failedCells = failed === 0 ? 0 : Math.min(width, Math.max(1, cellsFor(failed)));
  const succeededCells = Math.max(0, endedCells - failedCells);
  return [
    glyphs.open,
    good(glyphs.full.repeat(succeededCells)),
    bad(glyphs.fullOfFailures.repeat(failedCells)),
    dim(glyphs.empty.repeat(width - succeededCells - failedCells)),
    glyphs.close,
  ].join("");
};
