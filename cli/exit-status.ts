/** The exit statuses of the program, and the one that an ensemble's outcome leads to. */
import { constants } from "node:os";
import type { State } from "../lib/index.js";

export const EXIT = {
  /** Every run succeeded, or the command did its work. */
  ok: 0,
  /** Some run or task failed. */
  failed: 1,
  /** The command line, the configuration, or a file that it names is wrong. Nothing was started. */
  refused: 2,
  /** Another instance is running this ensemble. */
  taken: 3,
  /** The journal is damaged. */
  damaged: 4,
  /** The file system refused a write. */
  storage: 5,
  /** A bug in this program. */
  bug: 70,
} as const;

/** The exit statuses in words, for `--help`. */
export const EXIT_STATUSES: readonly (readonly [status: string, meaning: string])[] = [
  [String(EXIT.ok), "every run succeeded"],
  [String(EXIT.failed), "some runs or tasks failed"],
  [String(EXIT.refused), "the command line or the configuration is wrong; nothing was started"],
  [String(EXIT.taken), "another instance is running this ensemble"],
  [String(EXIT.damaged), "the journal is damaged"],
  [String(EXIT.storage), "storage failed: a full or read-only disk, a quota, or a low `ulimit -f`"],
  [String(EXIT.bug), "a bug in model_ensemble"],
  ["128+n", "stopped by signal n: 130 is Ctrl-C, 143 is SIGTERM"],
];

/** The exit status that shells give a program ended by a signal. */
export const statusOfSignal = (signal: string): number =>
  128 + ((constants.signals[signal as NodeJS.Signals] as number | undefined) ?? 0);

/**
 * The exit status of an ensemble. If `ensemble.finished` is missing, a bug in this program ended the ensemble. `signal` is
 * the first signal that stopped the ensemble, if any.
 */
export const statusOf = ({ finished, failures, causes, refused, stalled }: State, signal?: string): number => {
  if (refused !== undefined) return REFUSED[refused.because];
  if (finished === undefined) return EXIT.bug;
  // The journal lacks part of what was done.
  if (stalled !== undefined) return EXIT.storage;
  if (finished.ok) return EXIT.ok;
  const { reason } = finished.failure;
  // The ensemble is unfinished: this matters more than runs that failed.
  if (reason === "interrupted" && signal !== undefined) return statusOfSignal(signal);
  const storage =
    reason === "storage" || causes.has("storage") || failures.some(({ failure }) => failure.reason === "storage");
  return storage ? EXIT.storage : EXIT.failed;
};

const REFUSED = { taken: EXIT.taken, damaged: EXIT.damaged, unusable: EXIT.storage, other: EXIT.refused } as const;
