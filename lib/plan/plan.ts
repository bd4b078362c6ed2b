/** What is to be done: an ensemble of batches of runs, as plain read-only data, every path absolute. */
import type { Variables } from "./values.js";

/** A whole configuration, put together and found to be right. */
export interface Ensemble {
  /** The configuration's file name without its ending. */
  readonly name: string;
  /** The configuration file, as the user named it. */
  readonly configuration: string;
  /** Where the program was started: what relative paths of the configuration are relative to. */
  readonly directory: string;
  /** Defaults of template variables. */
  readonly vars: Variables;
  readonly pre_process: readonly Task[];
  readonly post_process: readonly Task[];
  /** In an order in which every batch comes after those it waits for. */
  readonly batches: readonly Batch[];
}

/** Runs that share one configuration: its own keys, with those of `batch_config` where it has none. */
export interface Batch {
  readonly name: string;
  /** Where run directories are made. */
  readonly basedir: string;
  /** What every run directory is a copy of. */
  readonly templatedir: string;
  /** Files in it that are rendered with the run's variables. */
  readonly templates: readonly string[];
  /** What is submitted, relative to the run directory. Without it, runs are made of tasks alone. */
  readonly job_file?: string;
  /** How many runs may be in progress at once. */
  readonly maxruns: number;
  /** How many jobs of this batch may be in the scheduler at once. */
  readonly maxjobs: number;
  /** Start the batch again and again, until a `check` with `fail: true` in `pre_batch` or `post_batch` fails. */
  readonly repeat: boolean;
  /** Batches that must have ended before this one starts. */
  readonly after: readonly string[];
  /** Whether `post_run` is done for a run whose job failed. The run has failed all the same. */
  readonly post_run_on_failure: boolean;
  /** What a template's use of an undefined variable is: a mistake, or nothing, as in the Python tool. */
  readonly undefined: "error" | "empty";
  /** Who renders Jinja templates: this program, or the user's own Python. */
  readonly template_engine: "builtin" | "python";
  /** Whether a scheduler may be told, in the job script itself, that its work is to be done once. */
  readonly guard: boolean;
  /** Directories below which `remove` may remove what is not a run directory of this batch. */
  readonly allow_remove: readonly string[];
  readonly pre_batch: readonly Task[];
  readonly pre_run: readonly Task[];
  readonly post_run: readonly Task[];
  readonly post_batch: readonly Task[];
  /** What all runs have in common: the ensemble's `vars` and the batch's own keys. */
  readonly shared: Variables;
  /** Variables from the command line, which win over all others. */
  readonly extra: Variables;
  readonly runs: readonly Run[];
  /** Stands for all that its runs have in common. */
  readonly digest?: string;
}

/** One member of the ensemble. */
export interface Run {
  /** `<batch>-<index>`. */
  readonly id: string;
  /** Its place in the batch, from 0. */
  readonly index: number;
  /** `<basedir>/<id>`. */
  readonly directory: string;
  /** The run's own mapping. */
  readonly own: Variables;
  /** Stands for all that makes it what it is: two runs that have the same one compute the same. */
  readonly fingerprint?: string;
}

/** One step of a `pre_…` or `post_…` list. Its arguments are as written: `run.` strings are resolved for each run. */
export type Task = TaskKind & {
  /** After how many seconds it is given up. Without it, never. */
  readonly timeout?: number;
};

type TaskKind =
  | { readonly name: "check"; readonly args: CommandArguments & { readonly fail?: boolean | Reference } }
  | { readonly name: "execute"; readonly args: CommandArguments & { readonly idempotent?: boolean } }
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

export interface MoveArguments {
  readonly dest: string;
  readonly include?: string | readonly string[];
  readonly exclude?: string | readonly string[];
  readonly cwd?: string;
}

/** `run.<variable>`: the value of that variable. */
export type Reference = `run.${string}`;

export type TaskName = Task["name"];

/** The tasks that wait until something holds. */
export type CheckName = "check" | "jobs" | "quota";

/** Names that the program gives to every run itself; nobody else may set them. */
export const MADE_NAMES: readonly string[] = ["idx", "id", "dir", "batch_idx"];

/** All variables of a run in one cycle of its batch: later ones win. */
export const variablesOf = (batch: Batch, run: Run, cycle: number): Variables => ({
  ...batch.shared,
  ...run.own,
  idx: run.index,
  id: run.id,
  dir: run.directory,
  batch_idx: cycle,
  ...batch.extra,
});
