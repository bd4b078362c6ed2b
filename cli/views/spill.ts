/** A queue of bytes in an unlinked temporary file, which the system removes by itself. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmdirSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../../lib/index.js";

export interface Spill {
  /** In bytes. */
  readonly length: number;
  push(chunk: Buffer): void;
  /** Removes and returns the oldest bytes, at most `limit`. */
  shift(limit: number): Buffer | undefined;
  close(): void;
}

/** The first `push` opens the file. All calls throw the errors of the file system, and are synchronous, so that the bytes in memory stay bounded. */
export const openSpill = (): Spill => {
  let file: number | undefined;
  let from = 0;
  let to = 0;
  return {
    get length() {
      return to - from;
    },
    push: (chunk) => {
      file ??= openUnlinked();
      // A write may be short without an error.
      for (let done = 0; done < chunk.length; ) done += writeSync(file, chunk, done, chunk.length - done, to + done);
      to += chunk.length;
    },
    shift: (limit) => {
      if (file === undefined || from === to) return undefined;
      const chunk = Buffer.allocUnsafe(Math.min(limit, to - from));
      const read = readSync(file, chunk, 0, chunk.length, from);
      if (read === 0) throw new Error("the temporary file with the events for a slow reader is truncated");
      from += read;
      if (from === to) {
        ftruncateSync(file);
        [from, to] = [0, 0];
      }
      return chunk.subarray(0, read);
    },
    close: () => {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
};

const openUnlinked = (): number => {
  const directory = mkdtempSync(join(temporaryDirectory(), "model-ensembler-events-"));
  const path = join(directory, "events");
  const file = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  rmdirSync(directory);
  return file;
};
