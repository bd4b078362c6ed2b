/** The last lines of what a command printed, for people to read. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const BYTES = 4096;
const LINES = 20;

/** At most the last 20 lines and 4 kB, as text that does nothing to a terminal. Throws where the file cannot be read. */
export const tailOf = (path: string): string => {
  const descriptor = openSync(path, "r");
  try {
    const { size } = fstatSync(descriptor);
    const from = Math.max(0, size - BYTES);
    const bytes = Buffer.alloc(size - from);
    const length = readSync(descriptor, bytes, 0, bytes.length, from);
    return readable(whole(bytes.subarray(0, length), from > 0));
  } finally {
    closeSync(descriptor);
  }
};

/** The same, and nothing where the file cannot be read: for words that only explain. */
export const tailIfAny = (path: string): string => {
  try {
    return tailOf(path);
  } catch {
    return "";
  }
};

/** Without the line whose beginning is cut off; if there is only that one, without the character. */
const whole = (bytes: Buffer, cut: boolean): Buffer => {
  if (!cut) return bytes;
  const line = bytes.indexOf("\n") + 1;
  if (line > 0 && line < bytes.length) return bytes.subarray(line);
  return bytes.subarray(bytes.findIndex((byte) => (byte & 0xc0) !== 0x80));
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
/** Control characters, and those that turn the direction of writing. */
const UNSEEN = /(?![\t\n])[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

const readable = (bytes: Buffer): string =>
  bytes
    .toString("utf8")
    // What is not UTF-8 takes a byte in and a byte out, so that the text is no longer than what was read.
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

/** What stands in a line in the end: a progress bar goes back to its beginning again and again. */
const overwritten = (line: string): string => {
  const text = line.replace(/\r+$/, "");
  return text.slice(text.lastIndexOf("\r") + 1);
};
