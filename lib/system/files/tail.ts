/** The last lines of a command's output, for the user to read. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const BYTES = 4096;
const LINES = 20;

/** At most the last 20 lines and 4 kB, as text without control characters. Throws if the file cannot be read. */
export const tailOf = (path: string): string => {
  const descriptor = openSync(path, "r");
  try {
    const { size } = fstatSync(descriptor);
    const from = Math.max(0, size - BYTES);
    const bytes = Buffer.alloc(size - from);
    const length = readSync(descriptor, bytes, 0, bytes.length, from);
    return readable(fromWholeLine(bytes.subarray(0, length), from > 0));
  } finally {
    closeSync(descriptor);
  }
};

/** `tailOf`, or an empty text if the file cannot be read: for messages that only explain. */
export const tailIfAny = (path: string): string => {
  try {
    return tailOf(path);
  } catch {
    return "";
  }
};

/** A log with its last lines, as failures carry them; the lines are absent if there are none. */
export const withTail = (log: string): { readonly log: string; readonly output?: string } => {
  const output = tailIfAny(log);
  return { log, ...(output !== "" && { output }) };
};

/** Drops a first line that is cut off; if that is the only line, drops only the cut character. */
const fromWholeLine = (bytes: Buffer, cut: boolean): Buffer => {
  if (!cut) return bytes;
  const line = bytes.indexOf("\n") + 1;
  if (line > 0 && line < bytes.length) return bytes.subarray(line);
  return bytes.subarray(bytes.findIndex((byte) => (byte & 0xc0) !== 0x80));
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are removed
const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
/** Control characters, and those that change the direction of text. */
const UNSEEN = /(?![\t\n])[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

const readable = (bytes: Buffer): string =>
  bytes
    .toString("utf8")
    // Each byte that is not UTF-8 becomes one byte, so the text is never longer than what was read.
    .replaceAll("\ufffd", "?")
    .replace(SEQUENCES, "")
    .split("\n")
    .map(overwritten)
    .join("\n")
    .replace(UNSEEN, "")
    .trimEnd()
    .split("\n")
    .slice(-LINES)
    .join("\n");

/** The text that a terminal shows in the end: a progress bar returns to the start of its line again and again. */
const overwritten = (line: string): string => {
  const text = line.replace(/\r+$/, "");
  return text.slice(text.lastIndexOf("\r") + 1);
};
