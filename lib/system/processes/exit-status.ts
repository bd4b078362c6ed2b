/** The ending of a process, from the exit status that a shell reports for it. */
import { constants } from "node:os";
import type { Ending } from "../../events/failure.js";

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** A shell reports 128 + n for a command that signal n has ended (POSIX, "Exit Status for Commands"). */
export const endingOf = (status: number | null, signal: string | null): Ending => {
  const name = status === null ? undefined : SIGNALS.get(status - 128);
  return name === undefined ? { status, signal } : { status: null, signal: name };
};

/** The name of a signal, or `signal 53` if the system has no name for that number. */
export const signalName = (signal: number): string => SIGNALS.get(signal) ?? `signal ${signal}`;
