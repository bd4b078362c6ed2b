/** A signal ends the program at once, and with it every process that it has started. */
import { endAtOnce, killEveryGroup } from "../../lib/index.js";

export const killProcessesAtExit = (): void => {
  process.on("exit", killEveryGroup);
};

export const endAtOnceOnSignal = (): void => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, endAtOnce);
};
