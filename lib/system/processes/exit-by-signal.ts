/** The immediate exit of the program, as if the signal had ended it. */
import { constants } from "node:os";

/** Signals that ask a program to end. Ctrl-\ sends SIGQUIT; systems send SIGXCPU at a limit of processor time, alarms SIGALRM. */
export const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGXCPU", "SIGALRM"] as const;

/**
 * Runs the exit listeners, then lets the signal end the program: `process.exit` alone waits for threads, and a
 * thread that reads from a hanging file server, or from a pipe without a writer, never ends.
 */
export const endAtOnce = (signal: NodeJS.Signals): void => {
  process.once("exit", () => {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
  process.exit(128 + constants.signals[signal]);
};
