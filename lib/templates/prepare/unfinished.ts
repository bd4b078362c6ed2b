/** The unfinished run directories, which are removed when the program exits. */
import { readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";

const unfinished = new Set<string>();

/** Removes a directory when the program exits, unless the returned function is called first. */
export const removeAtExit = (directory: string): (() => void) => {
  if (unfinished.size === 0) process.on("exit", removeAll);
  unfinished.add(directory);
  return () => {
    unfinished.delete(directory);
    if (unfinished.size === 0) process.off("exit", removeAll);
  };
};

/** The time that a user waits for at most after a signal. What is left then, the next start removes. */
const MOST_MS = 1000;

const removeAll = (): void => {
  const end = performance.now() + MOST_MS;
  for (const directory of unfinished) {
    try {
      removeBefore(end, directory);
    } catch {
      // The directory is hidden and unused, and at exit the program can no longer report it.
    }
  }
};

const removeBefore = (end: number, directory: string): void => {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (performance.now() > end) return;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) removeBefore(end, path);
    else unlinkSync(path);
  }
  rmdirSync(directory);
};
