/** The plan: an ensemble of batches of runs, as plain read-only data with absolute paths. */
import type { Variables } from "./values.js";

/** A complete and valid configuration. */
export interface Ensemble {
  /** The configuration's file name without its ending. */
  readonly name: string;
  /** The configuration file, as the user named it. */
  readonly configuration: string;
  /** The directory in which the program was started; relative paths of the configuration start there. */
  readonly directory: string;
  /** Defaults of template variables. */
  readonly vars: Variables;
  readonly pre_process: readonly Task[];
  readonly post_process: readonly Task[];
  /** Sorted so that each batch comes after the batches it waits for. */
  readonly batches: readonly Batch[];
}

/** Runs that share one configuration: the batch's own keys, and the keys of `batch_config` that the batch lacks. */
export interface Batch {
  readonly name: string;
  /** The directory that holds the run directories. */
  readonly basedir: string;
  /** The directory that is copied for each run. */
  readonly templatedir: string;
  /** Files of `templatedir` that are rendered with the run's variables. */
  readonly templates: readonly string[];
  /** The job script, relative to the run directory. Without it, a run consists of its tasks alone. */
  readonly job_file?: string;
  /** The most runs that may be in progress at once. */
  readonly maxruns: number;
  /** The most jobs of this batch that may be in the scheduler at once. */
  readonly maxjobs: number;
  /** Start the batch again and again, until a `check` with `fail: true` in `pre_batch` or `post_batch` fails. */
  readonly repeat: boolean;
  /** Batches that must finish before this one starts. */
  readonly after: readonly string[];
  /** Those of these batches that must have succeeded: otherwise this one does not start. */
  readonly needs: readonly string[];
  /** Whether `post_run` also runs after a failed job. The run counts as failed either way. */
  readonly post_run_on_failure: boolean;
  /** Whether an undefined variable in a template is an error, or empty text as in the Python tool. */
  readonly undefined: "error" | "empty";
  /** Whether this program renders Jinja templates, or the user's own Python. */
  readonly template_engine: "builtin" | "python";
  /** Whether a backend may add a guard to its copy of the job script, so that a job started twice does its work once. */
  readonly guard: boolean;
  /** Further directories below which `remove` may remove, besides `basedir`. */
  readonly allow_remove: readonly string[];
  readonly pre_batch: readonly Task[];
  readonly pre_run: readonly Task[];
  readonly post_run: readonly Task[];
  readonly post_batch: readonly Task[];
  /** The variables that all runs share: the ensemble's `vars` and the keys of the batch. */
  readonly shared: Variables;
  /** Variables from the command line, which override all others. */
  readonly extra: Variables;
  readonly runs: readonly Run[];
  /** A hash of the templates, job script and tasks, which all its runs share. */
  readonly digest?: string;
}

/** One member of the ensemble. */
export interface Run {
  /** `<batch>-<index>`. */
  readonly id: string;
  /** The position in the batch, from 0. */
  readonly index: number;
  /** `<basedir>/<id>`. */
  readonly directory: string;
  /** The variables of the run's own entry under `runs`. */
  readonly own: Variables;
  /** A hash of the run's variables and the batch's digest: runs with the same fingerprint compute the same. */
  readonly fingerprint?: string;
}

/** One step of a `pre_…` or `post_…` list. Arguments stay as written; `run.` strings are resolved for each run. */
export type Task = TaskKind & {
  /** The task fails after this many seconds. Without it, the task has no time limit. */
  readonly timeout?: number;
};

type TaskKind =
  | { readonly name: "check"; readonly args: CommandArguments & { readonly fail?: boolean | Reference } }
  | { readonly name: "execute"; readonly args: ExecuteArguments }
  | { readonly name: "jobs"; readonly args: { readonly limit: number | string; readonly match: string } }
  | { readonly name: "quota"; readonly args: { readonly atleast: number | string; readonly mnt?: string } }
  | { readonly name: "move"; readonly args: MoveArguments }
  | { readonly name: "remove"; readonly args: { readonly directory?: string } }
  | { readonly name: "submit"; readonly args: { readonly script?: string } };

export interface CommandArguments {
  readonly cmd: string;
  readonly cwd?: string;
  readonly log?: boolean | Reference;
  readonly shell?: string;
}

export interface ExecuteArguments extends CommandArguments {
  /** Whether the command may run again if the program died while it ran. */
  readonly idempotent?: boolean;
  /** Whether what follows the task goes on after a failure of the command. */
  readonly ignore_failure?: boolean;
}

export interface MoveArguments {
  readonly dest: string;
  readonly include?: string | readonly string[];
  readonly exclude?: string | readonly string[];
  readonly cwd?: string;
  /** Further options of rsync, which `problemWithOption` allows. */
  readonly options?: string | readonly string[];
  /** Whether the filters may leave no file to copy. */
  readonly allow_empty?: boolean;
}

/** `run.<variable>`, which stands for the value of that variable. */
export type Reference = `run.${string}`;

export type TaskName = Task["name"];

/** The tasks that wait until a condition holds. */
export type CheckName = "check" | "jobs" | "quota";

/** Names of the variables that the program sets for every run. Their values in a configuration are ignored. */
export const RESERVED_NAMES: readonly string[] = ["idx", "id", "dir", "batch_idx"];

/** All variables of a run in one cycle of its batch: later ones override earlier ones. */
export const variablesOf = (batch: Batch, run: Run, cycle: number): Variables => ({
  ...batch.shared,
  ...run.own,
  idx: run.index,
  id: run.id,
  dir: run.directory,
  batch_idx: cycle,
  ...batch.extra,
});
