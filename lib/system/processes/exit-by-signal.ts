/** Ends the program in the middle of things, as the signal that told it to would have. */
import { constants } from "node:os";

/**
 * What is to be done at an exit is done, and the signal itself has the last word: an exit alone waits for threads, and
 * one that reads from a file server that hangs, or from a pipe into which nobody writes, would keep the program for ever.
 */
export const endAtOnce = (signal: NodeJS.Signals): void => {
  process.once("exit", () => {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
  process.exit(128 + constants.signals[signal]);
};
