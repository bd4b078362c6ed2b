/** The text forms of times, counts, names and causes, shared by all views. */
import { isAbsolute, relative } from "node:path";
import { explain, type Failed, type Failure, JOB_CAUSES } from "../../lib/index.js";

/**
 * Text from outside (names, messages, output), made harmless for a terminal: nothing in it moves the cursor, rings, or
 * changes the reading direction. A line break becomes `\n`, an escape `\x1b`.
 */
export const printable = (text: string): string =>
  UNPRINTABLE.test(text) ? text.replace(UNPRINTABLES, escaped) : text;

// Control characters of ASCII and Latin-1; Unicode's line breaks, direction marks and invisible characters.
const CLASS = "[\\p{Cc}\\p{Zl}\\p{Zp}\\u061c\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff]";
const UNPRINTABLE = new RegExp(CLASS, "u");
const UNPRINTABLES = new RegExp(CLASS, "gu");

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

const escaped = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  return NAMED[character] ?? (code < 256 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
};

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, "0");

/** A duration as a clock shows it: `0:07`, `1:02:03`, `3d 01:02:03`. */
export const clock = (seconds: number): string => {
  const whole = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [
    Math.floor(whole / 86400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  const rest = twoDigits(whole % 60);
  if (days > 0) return `${days}d ${twoDigits(hours)}:${twoDigits(minutes)}:${rest}`;
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${rest}` : `${minutes}:${rest}`;
};

/** A duration in a sentence: `0.3 s`, `12 s`, `1:02:03`. */
export const duration = (seconds: number): string => {
  if (seconds >= 60) return clock(seconds);
  return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.floor(seconds)} s`;
};

/** At least two digits: `07`. */
export const twoDigits = (number: number): string => String(number).padStart(2, "0");

/** `1 run`, `10,000 runs`. */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${withCommas(number)} ${number === 1 ? one : many}`;

export const withCommas = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

/** A path below `directory` is shown relative to `directory`, any other path as it is. */
export const shortPath = (path: string, directory: string | undefined): string => {
  if (directory === undefined || !isAbsolute(path)) return printable(path);
  const short = relative(directory, path);
  return printable(short === "" || short.startsWith("..") ? path : short);
};

/** The path at which a user finds out more about a failure: the file with the output, or else the directory. */
export const whereToLook = ({ failure, directory }: Pick<Failed, "failure" | "directory">): string | undefined => {
  switch (failure.reason) {
    case "command":
    case "check":
    case "job":
      return failure.log ?? directory;
    case "template":
    case "directory":
    case "refused":
    case "storage":
    case "parts":
    case "interrupted":
      // The message itself names the place, or there is none.
      return undefined;
    case "not_started":
    case "timeout":
      return directory;
  }
};

/** The task that failed, and why: `post_run[1]: …`. */
export const failureText = (failure: Failure): string =>
  printable(failure.task === undefined ? explain(failure) : `${failure.task}: ${explain(failure)}`);

/** Whether earlier events have already reported this failure of the ensemble: the events of its failed runs and batches, or of its stop. */
export const isReported = ({ reason, task }: Failure): boolean =>
  reason === "parts" || (reason === "interrupted" && task === undefined);

/** The last lines that a failed command or job printed. */
export const lastOutput = (failure: Failure, lines: number): readonly string[] => {
  if (failure.reason !== "command" && failure.reason !== "check" && failure.reason !== "job") return [];
  const text = (failure.output ?? "").trimEnd();
  return text === "" ? [] : text.split("\n").slice(-lines).map(printable);
};

/** A cause of failures, in words. */
export const causeText = (cause: string): string => CAUSES[cause] ?? cause;

const CAUSES: Readonly<Record<string, string>> = {
  command: "a command failed",
  check: "a check failed",
  not_started: "a command could not be started",
  timeout: "a task took longer than its timeout",
  template: "a template could not be rendered",
  directory: "a directory could not be used",
  refused: "a move or remove was refused",
  storage: "the file system refused a write",
  parts: "runs or batches failed",
  interrupted: "interrupted",
  ...Object.fromEntries(Object.entries(JOB_CAUSES).map(([cause, words]) => [`job:${cause}`, words])),
};
