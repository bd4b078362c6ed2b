/** The exit statuses of the program, as `--help` tells them, and how they follow from what happened. */
import { constants } from "node:os";
import type { State } from "../lib/index.js";

export const EXIT = {
  /** Every run succeeded; what was asked for was done. */
  ok: 0,
  /** Some run or task failed. */
  failed: 1,
  /** The command line, the configuration, or a file that it names is wrong. Nothing was started. */
  refused: 2,
  /** Another instance is at work on this ensemble. */
  taken: 3,
  /** The record of what was done is damaged. */
  damaged: 4,
  /** The file system would not take what had to be written. */
  storage: 5,
  /** A mistake in this program. */
  bug: 70,
} as const;

/** The same, for people. */
export const EXIT_STATUSES: readonly (readonly [status: string, meaning: string])[] = [
  [String(EXIT.ok), "every run succeeded"],
  [String(EXIT.failed), "some failed"],
  [String(EXIT.refused), "the command line or the configuration is wrong; nothing was started"],
  [String(EXIT.taken), "another instance is at work on this ensemble"],
  [String(EXIT.damaged), "the record of what was done is damaged"],
  [String(EXIT.storage), "storage failed: a disk is full, over quota or read-only"],
  [String(EXIT.bug), "a mistake in model_ensemble itself"],
  ["128+n", "stopped by signal n: 130 is Ctrl-C, 143 is SIGTERM"],
];

/** As shells tell that a program was ended by a signal. */
export const statusOfSignal = (signal: string): number =>
  128 + ((constants.signals[signal as NodeJS.Signals] as number | undefined) ?? 0);

/**
 * The exit status of an ensemble that came to its end: one that did not was ended by a mistake of ours. `signal` is
 * what it was told to stop by, if it was.
 */
export const statusOf = ({ finished, failures, causes, refused, stalled }: State, signal?: string): number => {
  if (refused !== undefined) return REFUSED[refused.because];
  if (finished === undefined) return EXIT.bug;
  // What was done is not all written down.
  if (stalled !== undefined) return EXIT.storage;
  if (finished.ok) return EXIT.ok;
  const { reason } = finished.failure;
  // There is something left to go on with, whatever else there is to say.
  if (reason === "interrupted" && signal !== undefined) return statusOfSignal(signal);
  const storage =
    reason === "storage" || causes.has("storage") || failures.some(({ failure }) => failure.reason === "storage");
  return storage ? EXIT.storage : EXIT.failed;
};

const REFUSED = { taken: EXIT.taken, damaged: EXIT.damaged, unusable: EXIT.storage, other: EXIT.refused } as const;
