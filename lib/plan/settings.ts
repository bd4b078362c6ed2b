/** The settings of a start: how to run a plan, as the command line says. */
import type { Run } from "./plan.js";

/** The tool whose rule holds for a failed `execute`: the Python tool ignores the failure. */
export type Compat = "python" | "none";

/** Options that change how a plan runs, not what it is. Times are in seconds. */
export interface Settings {
  /** Whether checks are executed. Otherwise every check counts as passed. */
  readonly checks: boolean;
  /** Whether jobs are submitted. Otherwise a run consists of its tasks alone. */
  readonly submission: boolean;
  /** Whether existing run directories are kept, with their templates rendered again. */
  readonly pickup: boolean;
  /** The shell that runs commands. */
  readonly shell: string;
  /** Overrides `compat` of the configuration. */
  readonly compat?: Compat;
  /** The number of runs to skip at the start of each batch. */
  readonly skips: number;
  /** The only indexes to run. */
  readonly indexes?: readonly number[];
  /** The delay between two polls of a check. */
  readonly check_timeout: number;
  /** The delay between two polls until the scheduler shows the job. */
  readonly submit_timeout: number;
  /** The delay between two polls of a job that the scheduler has shown. */
  readonly running_timeout: number;
  /** The delay after a failed poll. */
  readonly error_timeout: number;
  /** The longest random wait before a submission. */
  readonly max_stagger: number;
}

/** The Python tool's defaults (0.6.2 and 0.7.0). */
export const DEFAULTS: Settings = {
  checks: true,
  submission: true,
  pickup: false,
  shell: "/bin/bash",
  skips: 0,
  check_timeout: 30,
  submit_timeout: 20,
  running_timeout: 60,
  error_timeout: 120,
  max_stagger: 1,
};

/** The defaults, overridden by the given options. */
export const settingsOf = (options: Partial<Settings>): Settings => {
  // A JavaScript caller may pass an option as undefined to mean that it is absent.
  const entries: [string, unknown][] = Object.entries(options);
  const given = entries.filter(([name, value]) => name in SETTINGS && value !== undefined);
  return { ...DEFAULTS, ...Object.fromEntries(given) };
};

/** The names of all settings. */
const SETTINGS: Readonly<Record<keyof Settings, true>> = {
  checks: true,
  submission: true,
  pickup: true,
  shell: true,
  compat: true,
  skips: true,
  indexes: true,
  check_timeout: true,
  submit_timeout: true,
  running_timeout: true,
  error_timeout: true,
  max_stagger: true,
};

/** The option that makes this start skip a run, if one does. */
export const skipCause = (run: Run, settings: Pick<Settings, "skips" | "indexes">): "skips" | "indexes" | undefined => {
  if (run.index < settings.skips) return "skips";
  return settings.indexes === undefined || settings.indexes.includes(run.index) ? undefined : "indexes";
};
