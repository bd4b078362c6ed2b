/** Why a piece of work failed: plain data, which the journal and `--json` hold as it is. */

/** How a process ended: with an exit status, or by a signal. Exactly one of the two is not null. */
export interface Ending {
  readonly status: number | null;
  readonly signal: string | null;
}

/** The ways in which a job can fail. */
export type JobCause =
  | "failed"
  | "timeout"
  | "out_of_memory"
  | "preempted"
  | "node_failure"
  | "cancelled"
  | "cancelled_by_system"
  | "deadline"
  | "lost"
  | "not_started";

export type Reason =
  /** A command ended with an exit status other than 0, or by a signal. */
  | ({ readonly reason: "command"; readonly command: string; readonly output: string; readonly log?: string } & Ending)
  /** A check with `fail: true` did not hold. Such a check steers the loop of a repeating batch. */
  | ({ readonly reason: "check"; readonly command: string; readonly output: string; readonly log?: string } & Ending)
  /** A command could not be started. `code`: the errno's name, if this machine had no room for another process or file. */
  | { readonly reason: "not_started"; readonly command: string; readonly message: string; readonly code?: string }
  /** A task took longer than its `timeout`. */
  | { readonly reason: "timeout"; readonly after_s: number }
  /** The job failed, or could not be started. `log`: the file with the job's output. `output`: the last lines of it. */
  | ({
      readonly reason: "job";
      readonly cause: JobCause;
      readonly message?: string;
      readonly log?: string;
      readonly output?: string;
    } & Partial<Ending>)
  /** A template could not be rendered. */
  | {
      readonly reason: "template";
      readonly file: string;
      readonly line?: number;
      readonly column?: number;
      readonly message: string;
    }
  /**
   * A directory cannot be used: it exists already, cannot be made, or is not a directory. `code`: as for `not_started`.
   */
  | { readonly reason: "directory"; readonly directory: string; readonly message: string; readonly code?: string }
  /** The program refused a `move` or `remove` that would have put data at risk. */
  | { readonly reason: "refused"; readonly path: string; readonly message: string }
  /**
   * The file system refused a write: full, over quota, read-only, or broken, or the file larger than allowed. `code` is
   * the errno's name.
   */
  | { readonly reason: "storage"; readonly path: string; readonly code: string; readonly message: string }
  /** Runs or batches of the ensemble failed; their own events say why. */
  | { readonly reason: "parts"; readonly runs: number; readonly batches: number }
  /**
   * The ensemble was told to stop before this work was done. With `command`: the program ended while the command ran, and
   * the result of the command is unknown.
   */
  | { readonly reason: "interrupted"; readonly command?: string };

/** A reason, and the task that failed, if a task of a run, batch or ensemble did: `post_run[1]`. */
export type Failure = Reason & { readonly task?: string };

/**
 * Carries a Failure up through a stream, until `endWithOutcome` turns it into an event. Any other error is a bug in
 * this program.
 */
export class Abandon extends Error {
  constructor(readonly failure: Failure) {
    super(explain(failure));
    this.name = "Abandon";
  }
}

/** Whether a `post_run` check with `fail: true` did not hold: in a repeating batch, the run goes on in the next cycle. */
export const isNotYet = ({ reason, task = "" }: Failure): boolean => reason === "check" && task.startsWith("post_run");

/** Whether the user may have the failure of an `execute` ignored: the command ran, and failed or took too long. */
export const isIgnorable = ({ reason }: Failure): boolean => reason === "command" || reason === "timeout";

/** The causes in words. */
export const JOB_CAUSES: Readonly<Record<JobCause, string>> = {
  failed: "the job failed",
  timeout: "the job ran out of its wall time",
  out_of_memory: "the job ran out of memory",
  preempted: "the job was preempted",
  node_failure: "the job's node failed",
  cancelled: "the job was cancelled",
  cancelled_by_system: "the job was cancelled by a user other than its owner",
  deadline: "the job could not end before its deadline",
  lost: "the job was lost",
  not_started: "the job could not be started",
};

/** What has no room, and may have room again without a change by the user: a file system, or this machine. */
export type Shortage = "storage" | "machine";

const SHORTAGES: Readonly<Record<string, Shortage>> = {
  ENOSPC: "storage",
  EDQUOT: "storage",
  EAGAIN: "machine",
  ENOMEM: "machine",
  EMFILE: "machine",
  ENFILE: "machine",
};

/** Why the same work may succeed later. Undefined if it would fail again, as on a file system that is read-only. */
export const shortageOf = (failure: Failure): Shortage | undefined =>
  "code" in failure ? SHORTAGES[failure.code] : undefined;

/** A failure as part of a sentence, without the task and without output. */
export const explain = (failure: Failure): string => {
  switch (failure.reason) {
    case "command":
      return `\`${brief(failure.command)}\` ${ended(failure)}`;
    case "check":
      return `the check \`${brief(failure.command)}\` ${ended(failure)}`;
    case "not_started":
      return `\`${brief(failure.command)}\` could not be started: ${failure.message}`;
    case "timeout":
      return `timed out after ${failure.after_s} s`;
    case "job":
      return [JOB_CAUSES[failure.cause], failure.message ?? (isEnding(failure) ? ended(failure) : "")]
        .filter(Boolean)
        .join(": ");
    case "template":
      return `${[failure.file, failure.line, failure.column].filter((part) => part !== undefined).join(":")}: ${failure.message}`;
    case "directory":
      return after(failure.directory, failure.message);
    case "refused":
      return `${failure.path} is refused: ${failure.message}`;
    case "storage":
      return `${after(failure.path, failure.message)} (${failure.code})`;
    case "parts":
      return [count(failure.runs, "run"), count(failure.batches, "batch", "batches")]
        .filter(Boolean)
        .join(" and ")
        .concat(" failed");
    case "interrupted":
      return failure.command === undefined
        ? "interrupted"
        : `interrupted: \`${brief(failure.command)}\` was running when the program ended, and its result is unknown`;
  }
};

/** The word by which failures are counted: `command`, `job:timeout` … */
export const causeOf = (failure: Failure): string =>
  failure.reason === "job" ? `job:${failure.cause}` : failure.reason;

/** Throws a RangeError unless the word is a cause by which failures are counted, or `job` for all causes of jobs. */
export const demandCause = (word: string): void => {
  if (CAUSES.includes(word)) return;
  throw new RangeError(`there is no cause "${word}"; there are ${CAUSES.join(", ")}`);
};

const REASONS: Readonly<Record<Exclude<Reason["reason"], "parts">, true>> = {
  command: true,
  check: true,
  not_started: true,
  timeout: true,
  template: true,
  directory: true,
  refused: true,
  storage: true,
  interrupted: true,
  job: true,
};

const CAUSES: readonly string[] = [...Object.keys(REASONS), ...Object.keys(JOB_CAUSES).map((cause) => `job:${cause}`)];

/** The start of a command, which may be a whole script. */
const brief = (command: string): string =>
  command.length <= MAX_SHOWN ? command : `${command.slice(0, MAX_SHOWN)}… (${command.length} characters)`;

const MAX_SHOWN = 400;

const isEnding = (ending: Partial<Ending>): ending is Ending =>
  ending.status !== undefined && ending.signal !== undefined;

/** The path and then the message, or the message alone if it names the path. */
const after = (path: string, message: string): string => (message.includes(path) ? message : `${path}: ${message}`);

const ended = ({ status, signal }: Ending): string => {
  if (signal !== null) return `was ended by ${signal}${LIMITS[signal] ?? ""}`;
  // A shell returns 126 and 127 for a command that it could not run (POSIX, "Exit Status for Commands").
  const hint = status === 127 ? " (command not found)" : status === 126 ? " (found, but not executable)" : "";
  return `ended with exit status ${String(status)}${hint}`;
};

/** The signals by which the system ends a process that goes beyond a limit. */
const LIMITS: Readonly<Record<string, string>> = {
  SIGXFSZ: " (it wrote more into a file than the limit that `ulimit -f` shows)",
  SIGXCPU: " (it used more CPU time than the limit that `ulimit -t` shows)",
};

const count = (number: number, one: string, many = `${one}s`): string =>
  number === 0 ? "" : `${number} ${number === 1 ? one : many}`;

/** Whether the work did not fail but was stopped with the ensemble. */
export const isStop = (failure: Failure): boolean => failure.reason === "interrupted" && failure.command === undefined;
