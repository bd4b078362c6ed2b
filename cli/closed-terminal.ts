/** The end of the program after its terminal has closed. */
import { closeSync, openSync } from "node:fs";
import { isatty } from "node:tty";

/**
 * At its end, Node 20 restores the settings of each terminal that it was started with, and crashes if that is gone: the
 * exit status is then that of a crash. It leaves alone what is another file by then.
 */
export const outliveTerminal = (): void => {
  const terminals = [0, 1, 2].filter(isatty);
  process.on("exit", () => {
    for (const descriptor of terminals) {
      if (isatty(descriptor)) continue;
      closeSync(descriptor);
      // The system gives the lowest free number, which is this one.
      openSync("/dev/null", "r+");
    }
  });
};
