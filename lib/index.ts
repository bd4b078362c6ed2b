/** The public face: reads an ensemble, runs it, and says what would happen. */

import type { Finding as BackendFinding } from "./backends/check.js";
import type { BackendModule } from "./backends/load.js";
import type { Cancellation, CancelRequest } from "./cancel.js";
import { ConfigurationError } from "./diagnostic.js";
import type { Event } from "./event.js";
import type { Examination, ReadOptions } from "./examine.js";
import type { JournalFile } from "./journal/follow.js";
import type { Owner } from "./journal/lock.js";
import type { Salvage } from "./journal/salvage.js";
import { DEFAULTS, type Ensemble, type Settings } from "./plan.js";

export type { Finding as BackendFinding } from "./backends/check.js";
export type { BackendMeans, BackendModule, ForeignBackend } from "./backends/load.js";
export { parseSimulation } from "./backends/simulate.js";
export type { CancelReport } from "./backends/slurm/wanted.js";
export type { Cancellation, CancelRequest } from "./cancel.js";
export {
  ConfigurationError,
  type Diagnostic,
  isError,
  isPressing,
  type Paint,
  type Severity,
  showDiagnostic,
} from "./diagnostic.js";
export type { Backend, JobReport, JobRequest, Stop } from "./effects.js";
export * from "./event.js";
export type { Examination, ReadOptions } from "./examine.js";
export * from "./failure.js";
export { JournalDamage } from "./journal/damage.js";
export type { JournalFile } from "./journal/follow.js";
export type { Owner } from "./journal/lock.js";
export type { Salvage } from "./journal/salvage.js";
export * from "./plan.js";
export { type RunOptions, runConfiguration, runEnsemble, VERSION } from "./run.js";
export * from "./state.js";
export { didYouMean } from "./suggest.js";
export { isVariables, type Pair, pairsOf, type Value, type Variables } from "./values.js";
export { endAtOnce } from "./world/end-at-once.js";
export { endEverything } from "./world/shell.js";
export { stopOnSignals } from "./world/signals.js";

// What is heavy is loaded when it is asked for: `--help`, and the first event, must not wait for it.

/**
 * Reads a configuration, looks at all that it names, and renders every run in memory. Nothing is written. Every mistake
 * is found in one go; none is thrown.
 */
export const examineEnsemble = async (
  file: string,
  options: ReadOptions & Partial<Settings> = {},
): Promise<Examination> => (await import("./examine.js")).examineEnsemble(file, options);

/**
 * Reads all files of a journal in order; `each` sees their events. `path`: a state directory, or one of its files.
 * Rejects with `JournalDamage`, or with what the file system says.
 */
export const readEvents = async (path: string, each?: (event: Event) => void): Promise<readonly JournalFile[]> =>
  (await import("./journal/follow.js")).readEvents(path, each);

/** Who is at work on an ensemble, by its state directory. `alive` is undefined where it cannot be told from here. */
export const ownerOf = async (directory: string): Promise<(Owner & { readonly alive?: boolean }) | undefined> =>
  (await import("./journal/follow.js")).ownerOf(directory);

/** The state directories below the place where ensembles are started. */
export const stateDirectories = async (root: string): Promise<readonly string[]> =>
  (await import("./journal/follow.js")).stateDirectories(root);

/**
 * Puts the newest file of a journal aside, and begins the next one with what it still tells. Runs that are not known to
 * have ended are `interrupted`, and no task or job of theirs is begun by itself.
 */
export const salvage = async (directory: string): Promise<Salvage> =>
  (await import("./journal/salvage.js")).salvage(directory);

/**
 * Finds the Slurm jobs of runs, by what the journals in state directories tell; `cancel$` cancels them. An ensemble at
 * work is not held up: it sees for itself that they were. Rejects as `readEvents` does.
 */
export const findJobs = async (
  directories: readonly string[],
  request: CancelRequest,
): Promise<Cancellation | { readonly refused: string }> => (await import("./cancel.js")).findJobs(directories, request);

/** Whether this machine has what a backend and the tasks need. */
export const checkBackend = async (backend: "dummy" | "slurm"): Promise<readonly BackendFinding[]> =>
  (await import("./backends/check.js")).checkBackend(backend);

/** Loads a module that is a backend, from a file. Rejects with a `RangeError`, in a sentence, where it is none. */
export const loadBackend = async (file: string): Promise<BackendModule> =>
  (await import("./backends/load.js")).loadBackend(file);

/** Reads a configuration. Throws a `ConfigurationError` that carries every mistake found. Nothing is written. */
export const readEnsemble = async (file: string, options: ReadOptions & Partial<Settings> = {}): Promise<Ensemble> => {
  const { plan, diagnostics } = await examineEnsemble(file, options);
  if (plan === undefined) throw new ConfigurationError(file, diagnostics);
  return plan;
};

/** The rendered templates of one run, as they would stand in its directory. Throws a `RangeError` for an
 * unknown run, an `Abandon` for a template that is not there or cannot be rendered. */
export const previewRun = async (
  plan: Ensemble,
  id: string,
): Promise<readonly { readonly file: string; readonly text: string }[]> => {
  for (const batch of plan.batches) {
    const run = batch.runs.find((candidate) => candidate.id === id);
    if (run === undefined) continue;
    const { openTemplates } = await import("./templates/templates.js");
    return openTemplates(DEFAULTS).preview(batch, run);
  }
  throw new RangeError(`there is no run ${id}`);
};
