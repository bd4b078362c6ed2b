/** A signal ends the program at once, and with it every process that it has started. */
import { ENDING_SIGNALS, endAtOnce, killEveryGroup } from "../../lib/index.js";
import { ignoredSignals } from "../signals.js";

export const killProcessesAtExit = (): void => {
  process.on("exit", killEveryGroup);
};

/** Returns a function that lets Node handle the signals again. */
export const endAtOnceOnSignal = (): (() => void) => {
  const signals = ENDING_SIGNALS.filter((signal) => !ignoredSignals.includes(signal));
  for (const signal of signals) process.on(signal, endAtOnce);
  return () => {
    for (const signal of signals) process.off(signal, endAtOnce);
  };
};
