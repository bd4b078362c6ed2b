/** How a process ended, from what a shell says of it. */
import { constants } from "node:os";
import type { Ending } from "../../events/failure.js";

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** A shell says 128 + n of what signal n has ended (POSIX, "Exit Status for Commands"). */
export const endingOf = (status: number | null, signal: string | null): Ending => {
  const meant = status === null ? undefined : SIGNALS.get(status - 128);
  return meant === undefined ? { status, signal } : { status: null, signal: meant };
};
