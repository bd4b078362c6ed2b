/** The library: reads an ensemble, runs it, and reads its journal. */
import type { BackendModule } from "./backends/module.js";
import type { BackendName } from "./backends/names.js";
import { ConfigurationError } from "./diagnostics/diagnostic.js";
import type { EnsemblePlace, Event } from "./events/event.js";
import type { JournalFile } from "./journal/inspect.js";
import type { Owner } from "./journal/lock.js";
import type { Salvage } from "./journal/salvage.js";
import type { Ensemble } from "./plan/plan.js";
import { DEFAULTS, type Settings } from "./plan/settings.js";
import type { ProbeResult } from "./scheduler/doctor/probe.js";
import type { Cancellation, CancelRequest } from "./wiring/cancel.js";
import type { Examination } from "./wiring/examine.js";
import { type ReadOptions, type RunOptions, startOf } from "./wiring/options.js";
import { started$ } from "./wiring/start.js";

export type { BackendMeans, ForeignBackend, OpenModule } from "./backends/foreign.js";
export type { BackendModule, DialectModule } from "./backends/module.js";
export { type BackendName, backendNamed } from "./backends/names.js";
export { parseSimulation } from "./backends/simulated/simulated.js";
export {
  ConfigurationError,
  type Diagnostic,
  isError,
  isProblem,
  type Paint,
  type Severity,
  showDiagnostic,
} from "./diagnostics/diagnostic.js";
export { didYouMean } from "./diagnostics/suggest.js";

export type { Backend, EarlierJob, Handover, JobReport, JobRequest } from "./effects/backend.js";
export type { CancelReport, CancelTarget } from "./effects/cancel.js";
export type { Command, ProcessEvent, Spawn } from "./effects/process.js";
export type { Stop } from "./effects/stop.js";
export * from "./events/event.js";
export * from "./events/failure.js";
export { JournalDamage } from "./journal/damage.js";

export type { JournalFile } from "./journal/inspect.js";
export type { Owner } from "./journal/lock.js";

export type { Salvage } from "./journal/salvage.js";
export * from "./plan/plan.js";
export { type Compat, DEFAULTS, type Settings, settingsOf, skipCause } from "./plan/settings.js";
export { isVariables, type Pair, pairsOf, type Value, type Variables } from "./plan/values.js";

export type * from "./scheduler/answers.js";
export type * from "./scheduler/dialect.js";
export type { ProbeResult } from "./scheduler/doctor/probe.js";
export { KEPT } from "./state/cycles.js";
export { reduce } from "./state/reduce.js";
export * from "./state/state.js";
export type { Environment, ExecResult } from "./system/processes/exec.js";
export { ENDING_SIGNALS, endAtOnce } from "./system/processes/exit-by-signal.js";
export { killEveryGroup } from "./system/processes/spawn.js";
export { stopOnSignals } from "./system/processes/stop-signals.js";
export { temporaryDirectory } from "./system/scratch.js";

export type { Cancellation, CancelRequest } from "./wiring/cancel.js";
export type { Examination } from "./wiring/examine.js";
export type { ReadOptions, RunOptions } from "./wiring/options.js";
export { VERSION } from "./wiring/start.js";

// Heavy modules are loaded on demand: `--help`, and the first event, must not wait for them.

/**
 * Runs a plan. The stream is cold: a subscription starts the ensemble, and an unsubscription interrupts it.
 * `stream.opened` comes first, `ensemble.finished` last. Failures of runs are events. The stream itself fails only for a
 * bug in this program, or for an unknown backend or simulation (`RangeError`).
 */
export const runEnsemble = (plan: Ensemble, options: RunOptions = {}) => {
  const start = startOf({ ...options, directory: plan.directory });
  return started$(start, async (recorder) => (await import("./wiring/run.js")).planned$(plan, start, recorder));
};

/**
 * Reads a configuration and runs it. If the configuration cannot be run, the stream ends with `configuration.refused`,
 * and nothing has been done.
 */
export const runConfiguration = (file: string, options: ReadOptions & RunOptions = {}) => {
  const start = startOf(options);
  return started$(start, async (recorder) => (await import("./wiring/run.js")).configured$(file, start, recorder));
};

/**
 * Reads a configuration, checks everything that it names, and renders every run in memory. Writes nothing. Returns all
 * mistakes at once, and throws none. `state`: the state directory of the next start, which may resume an earlier one.
 */
export const examineEnsemble = async (
  file: string,
  options: ReadOptions & Partial<Settings> & Pick<RunOptions, "state"> = {},
): Promise<Examination> => (await import("./wiring/examine.js")).examineEnsemble(file, startOf(options));

/**
 * Reads all files of a journal in order and calls `each` with their events. `path`: a state directory, or one journal
 * file. Rejects with `JournalDamage`, or with the error of the file system.
 */
export const readEvents = async (path: string, each?: (event: Event) => void): Promise<readonly JournalFile[]> =>
  (await import("./journal/inspect.js")).readEvents(path, each);

/**
 * The instance that runs the ensemble in a state directory. `alive` is undefined if this host cannot tell.
 */
export const ownerOf = async (directory: string): Promise<(Owner & { readonly alive?: boolean }) | undefined> =>
  (await import("./journal/inspect.js")).ownerOf(directory);

/**
 * The real path of a file. Undefined if the file exists and has no lasting name, as a pipe: no later start could find it.
 */
export const lastingName = async (path: string): Promise<string | undefined> =>
  (await import("./system/files/lasting-name.js")).lastingName(path);

/** Whether a state directory holds the journal of this configuration, a real path. False if the journal is damaged. */
export const isStateOf = async (directory: string, configuration: string): Promise<boolean> =>
  (await import("./wiring/place.js")).isStateOf(directory, configuration);

/**
 * The state directory that a state directory was copied from, if that still has its journal: the jobs in the journal are
 * those of the original. `place`: what the journal remembers of its place.
 */
export const originalOf = async (directory: string, place?: Partial<EnsemblePlace>): Promise<string | undefined> =>
  (await import("./wiring/place.js")).originalOf(directory, place);

/** The state directories below a directory. */
export const stateDirectories = async (root: string): Promise<readonly string[]> =>
  (await import("./journal/inspect.js")).stateDirectories(root);

/**
 * Moves the newest file of a journal aside, and starts a new file with the history of its intact lines. Runs without a
 * known end become `interrupted`: the program repeats none of their tasks and jobs unless the user asks for a retry.
 */
export const salvage = async (directory: string): Promise<Salvage> =>
  (await import("./journal/salvage.js")).salvage(directory);

/**
 * Finds the jobs of runs in the journals of state directories; the result's `cancel$` cancels them. An ensemble that is
 * running goes on: its next poll shows that the jobs were cancelled. `module`: the user's own backend, for jobs that it
 * submitted. Rejects as `readEvents` does.
 */
export const findJobs = async (
  directories: readonly string[],
  request: CancelRequest,
  module?: BackendModule,
): Promise<Cancellation | { readonly refused: string }> =>
  (await import("./wiring/cancel.js")).findJobs(directories, request, module);

/** Checks that this machine has what a backend and the tasks need. */
export const checkBackend = async (backend: BackendName | BackendModule): Promise<readonly ProbeResult[]> =>
  (await import("./backends/doctor.js")).checkBackend(backend);

/** Loads a backend from a module's file. Rejects with a `RangeError` if the module is not a backend. */
export const loadBackend = async (file: string): Promise<BackendModule> =>
  (await import("./backends/module.js")).loadBackend(file);

/** Reads a configuration, and writes nothing. Rejects with a `ConfigurationError` that carries all mistakes. */
export const readEnsemble = async (file: string, options: ReadOptions & Partial<Settings> = {}): Promise<Ensemble> => {
  const { plan, diagnostics } = await examineEnsemble(file, options);
  if (plan === undefined) throw new ConfigurationError(file, diagnostics);
  return plan;
};

/**
 * Renders the templates of one run into the texts that its files would have. Rejects with a `RangeError` for an unknown
 * run, and with an `Abandon` for a template that is missing or cannot be rendered.
 */
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
