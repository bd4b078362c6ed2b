/** Run directories in the making: a program that ends in the middle of it leaves none of them behind. */
import { rmSync } from "node:fs";

const unfinished = new Set<string>();

/** Has a directory removed if the program ends before the function that is returned is called. */
export const goneAtExit = (directory: string): (() => void) => {
  if (unfinished.size === 0) process.on("exit", sweep);
  unfinished.add(directory);
  return () => {
    unfinished.delete(directory);
    if (unfinished.size === 0) process.off("exit", sweep);
  };
};

const sweep = (): void => {
  for (const directory of unfinished) {
    try {
      rmSync(directory, { recursive: true, force: true, maxRetries: 2 });
    } catch {
      // It is a hidden directory that nobody uses; there is nobody left to be told.
    }
  }
};
