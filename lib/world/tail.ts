/** The last lines of a file. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const BYTES = 4096;
const LINES = 20;

/** At most the last 20 lines and 4 kB, without control characters. Nothing where the file cannot be read. */
export const tailOf = (path: string): string => {
  try {
    const descriptor = openSync(path, "r");
    try {
      const { size } = fstatSync(descriptor);
      const from = Math.max(0, size - BYTES);
      const bytes = Buffer.alloc(size - from);
      const read = readSync(descriptor, bytes, 0, bytes.length, from);
      return lastLines(bytes.subarray(0, read).toString("utf8"), from > 0);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return "";
  }
};

const lastLines = (text: string, cut: boolean): string => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
  const clean = text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "");
  const lines = clean.trimEnd().split("\n").slice(-LINES);
  // The first of them may have lost its beginning.
  return (cut && lines.length > 1 && lines.length < LINES ? lines.slice(1) : lines).join("\n");
};
