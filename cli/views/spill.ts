/** A queue of bytes on disk, in a file that nobody else can see and that goes away by itself. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmdirSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Spill {
  /** How many bytes are in it. */
  readonly length: number;
  push(chunk: Buffer): void;
  /** The oldest bytes, at most so many. */
  shift(most: number): Buffer | undefined;
  close(): void;
}

/** Nothing is opened before the first push. Every call throws what the file system says. Synchronous, so that what waits in memory has a bound. */
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
      // A write may come back short without an error.
      for (let done = 0; done < chunk.length; ) done += writeSync(file, chunk, done, chunk.length - done, to + done);
      to += chunk.length;
    },
    shift: (most) => {
      if (file === undefined || from === to) return undefined;
      const chunk = Buffer.allocUnsafe(Math.min(most, to - from));
      const read = readSync(file, chunk, 0, chunk.length, from);
      if (read === 0) throw new Error("the file that held the events for a slow reader has lost them");
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
  const directory = mkdtempSync(join(tmpdir(), "model-ensembler-events-"));
  const path = join(directory, "events");
  const file = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  rmdirSync(directory);
  return file;
};
