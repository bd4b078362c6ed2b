/** The settings of a start: what the command line says of how a plan is run. */
import type { Run } from "./plan.js";

/** What the command line says about how a plan is run. Times are in seconds. */
export interface Settings {
  /** Whether checks are made. Otherwise every check holds. */
  readonly checks: boolean;
  /** Whether runs' jobs are submitted. Otherwise a run is its tasks alone. */
  readonly submission: boolean;
  /** Whether run directories that exist are kept, and their templates rendered again. */
  readonly pickup: boolean;
  /** The shell for commands. */
  readonly shell: string;
  /** How many runs are left out at the start of each batch. */
  readonly skips: number;
  /** The only indexes to run. */
  readonly indexes?: readonly number[];
  /** Between two looks of a check. */
  readonly check_timeout: number;
  /** Between two looks while a job registers. */
  readonly submit_timeout: number;
  /** Between two looks while it runs. */
  readonly running_timeout: number;
  /** After a look that failed. */
  readonly error_timeout: number;
  /** The longest random wait before a submission. */
  readonly max_stagger: number;
}

/** The Python tool's defaults (0.6.2). */
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

/** The defaults, with what is given in their place. */
export const settingsOf = (options: Partial<Settings>): Settings => {
  // Somebody who writes JavaScript may give an option as undefined, and mean that it is not given.
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
  skips: true,
  indexes: true,
  check_timeout: true,
  submit_timeout: true,
  running_timeout: true,
  error_timeout: true,
  max_stagger: true,
};

/** Why the command line leaves a run out, if it does. */
export const skipCause = (run: Run, settings: Settings): "skips" | "indexes" | undefined => {
  if (run.index < settings.skips) return "skips";
  return settings.indexes === undefined || settings.indexes.includes(run.index) ? undefined : "indexes";
};
