/** The unfinished run directories, which are removed when the program exits. */
import { rmSync } from "node:fs";

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

const removeAll = (): void => {
  for (const directory of unfinished) {
    try {
      rmSync(directory, { recursive: true, force: true, maxRetries: 2 });
    } catch {
      // The directory is hidden and unused, and at exit the program can no longer report it.
    }
  }
};
