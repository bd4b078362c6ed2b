/**
 * The meaning of signals: the first Ctrl-C drains, the second stops now, the third ends the program at once. Any other
 * signal stops now, and leaves running what a later start can adopt; Ctrl-\, typed again, ends the program at once.
 */
import { ReplaySubject } from "rxjs";
import type { Stop } from "../../effects/stop.js";
import { ENDING_SIGNALS, endAtOnce } from "./exit-by-signal.js";
import { endEveryGroup, killEveryGroup, leaveRunning } from "./process-groups.js";

export interface SignalStop extends Stop {
  /** The first signal that the program received. */
  caught(): NodeJS.Signals | undefined;
  /** Lets Node handle the signals again. */
  close(): void;
}

/** Handles the signals that end a program, except `ignored` ones, until `close` is called. */
export const stopOnSignals = (ignored: readonly NodeJS.Signals[] = []): SignalStop => {
  const signals = ENDING_SIGNALS.filter((signal) => !ignored.includes(signal));
  const drain$ = new ReplaySubject<string>(1);
  const now$ = new ReplaySubject<string>(1);
  let caught: NodeJS.Signals | undefined;
  let requests = 0;
  const on = (signal: NodeJS.Signals) => {
    caught ??= signal;
    // A scheduler, an init system or a terminal that closes may repeat its signal without meaning more by it.
    if (signal !== "SIGINT" && signal !== "SIGQUIT" && requests >= 2) return;
    requests = signal === "SIGINT" || requests >= 2 ? requests + 1 : 2;
    if (requests === 1) drain$.next("Ctrl-C");
    else if (requests === 2) {
      // A user at a terminal wants the work to end. Any other sender wants this program gone, but not its work.
      if (signal !== "SIGINT") leaveRunning();
      now$.next(signal === "SIGINT" ? "Ctrl-C, twice" : signal);
      // Commands and jobs whose subscribers stay subscribed end, too.
      endEveryGroup();
    } else {
      killEveryGroup();
      endAtOnce(caught);
    }
  };
  for (const signal of signals) process.on(signal, on);
  return {
    draining: () => requests > 0,
    drain$,
    now$,
    caught: () => caught,
    close: () => {
      for (const signal of signals) process.off(signal, on);
    },
  };
};
