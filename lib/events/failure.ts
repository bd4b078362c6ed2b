/** Why a piece of work did not succeed: plain data that is journalled, printed and sent over `--json` as it stands. */

/** How a process ended: with an exit status, or by a signal. Exactly one of the two is a value. */
export interface Ending {
  readonly status: number | null;
  readonly signal: string | null;
}

/** How a job can end badly. */
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
  /** A command ended with another exit status than 0, or by a signal. */
  | ({ readonly reason: "command"; readonly command: string; readonly output: string; readonly log?: string } & Ending)
  /** A check with `fail: true` did not hold. In a batch that repeats, this is how its loop is steered. */
  | ({ readonly reason: "check"; readonly command: string; readonly output: string; readonly log?: string } & Ending)
  /** A command could not be started at all. */
  | { readonly reason: "not_started"; readonly command: string; readonly message: string }
  /** It took longer than its `timeout`. */
  | { readonly reason: "timeout"; readonly after_s: number }
  /** The job ended badly, or could not be started. */
  | ({
      readonly reason: "job";
      readonly cause: JobCause;
      readonly message?: string;
      readonly log?: string;
    } & Partial<Ending>)
  /** A template could not be rendered. */
  | {
      readonly reason: "template";
      readonly file: string;
      readonly line?: number;
      readonly column?: number;
      readonly message: string;
    }
  /** A directory cannot be used: it exists already, or cannot be made, or is not what it should be. */
  | { readonly reason: "directory"; readonly directory: string; readonly message: string }
  /** A `move` or `remove` was refused, because it would have put data at risk. */
  | { readonly reason: "refused"; readonly path: string; readonly message: string }
  /** The file system would not take a write: full, over quota, read-only, or broken. `code` is the errno's name. */
  | { readonly reason: "storage"; readonly path: string; readonly code: string; readonly message: string }
  /** Some of what the ensemble or batch is made of failed; their own events say why. */
  | { readonly reason: "parts"; readonly runs: number; readonly batches: number }
  /** The ensemble was told to stop before this was done; or, with a `command`, the program ended while that was being done, and nobody knows how it went. */
  | { readonly reason: "interrupted"; readonly command?: string };

/** A reason and, inside a run, batch or ensemble, the task that gave it: `post_run[1]`. */
export type Failure = Reason & { readonly task?: string };

/** Carries a Failure up through a stream until someone closes it with an event. Anything else thrown is a bug in us. */
export class Abandon extends Error {
  constructor(readonly failure: Failure) {
    super(explain(failure));
    this.name = "Abandon";
  }
}

/** How a job ended badly, in words. */
export const JOB_CAUSES: Readonly<Record<JobCause, string>> = {
  failed: "the job failed",
  timeout: "the job ran out of its wall time",
  out_of_memory: "the job ran out of memory",
  preempted: "the job was preempted",
  node_failure: "the job's node failed",
  cancelled: "the job was cancelled",
  cancelled_by_system: "the job was cancelled by somebody else than its owner",
  deadline: "the job could not end before its deadline",
  lost: "the job was lost sight of",
  not_started: "the job could not be started",
};

/** A failure as part of a sentence, without where it happened and what was printed. */
export const explain = (failure: Failure): string => {
  switch (failure.reason) {
    case "command":
      return `\`${failure.command}\` ${ended(failure)}`;
    case "check":
      return `the check \`${failure.command}\` ${ended(failure)}`;
    case "not_started":
      return `\`${failure.command}\` could not be started: ${failure.message}`;
    case "timeout":
      return `not done after ${failure.after_s} s`;
    case "job":
      return [JOB_CAUSES[failure.cause], failure.message ?? (hasEnded(failure) ? ended(failure) : "")]
        .filter(Boolean)
        .join(": ");
    case "template":
      return `${[failure.file, failure.line, failure.column].filter((part) => part !== undefined).join(":")}: ${failure.message}`;
    case "directory":
      return `${failure.directory}: ${failure.message}`;
    case "refused":
      return `refused for ${failure.path}: ${failure.message}`;
    case "storage":
      return `${failure.path}: ${failure.message} (${failure.code})`;
    case "parts":
      return [count(failure.runs, "run"), count(failure.batches, "batch", "batches")]
        .filter(Boolean)
        .join(" and ")
        .concat(" failed");
    case "interrupted":
      return failure.command === undefined
        ? "interrupted"
        : `interrupted: \`${failure.command}\` was being done when the program ended, and nobody knows how it went`;
  }
};

/** The word under which failures are counted together: `command`, `job:timeout` … */
export const causeOf = (failure: Failure): string =>
  failure.reason === "job" ? `job:${failure.cause}` : failure.reason;

const hasEnded = (ending: Partial<Ending>): ending is Ending =>
  ending.status !== undefined && ending.signal !== undefined;

const ended = ({ status, signal }: Ending): string => {
  if (signal !== null) return `was ended by ${signal}`;
  // 126 and 127 are the shell's own words for a command that it could not run (POSIX, "Exit Status for Commands").
  const hint = status === 127 ? " (command not found)" : status === 126 ? " (found, but not executable)" : "";
  return `ended with exit status ${String(status)}${hint}`;
};

const count = (number: number, one: string, many = `${one}s`): string =>
  number === 0 ? "" : `${number} ${number === 1 ? one : many}`;

/** Whether the ensemble was told to stop, which is nobody's failure. */
export const isStop = (failure: Failure): boolean => failure.reason === "interrupted" && failure.command === undefined;
