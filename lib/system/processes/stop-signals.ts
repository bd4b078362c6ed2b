/** What signals mean: the first Ctrl-C drains, the second lets go, the third ends the program at once. */
import { ReplaySubject } from "rxjs";
import type { Stop } from "../../effects/stop.js";
import { endAtOnce } from "./exit-by-signal.js";
import { endEverything, leaveToThemselves, letGoOfEverything } from "./process-groups.js";

export interface SignalStop extends Stop {
  /** The first signal that told the ensemble to stop. */
  caught(): NodeJS.Signals | undefined;
  /** Leaves signals to Node again. */
  close(): void;
}

/** Takes SIGINT, SIGTERM and SIGHUP for as long as it is open. */
export const stopOnSignals = (): SignalStop => {
  const drain$ = new ReplaySubject<string>(1);
  const now$ = new ReplaySubject<string>(1);
  let caught: NodeJS.Signals | undefined;
  let asked = 0;
  const on = (signal: NodeJS.Signals) => {
    caught ??= signal;
    // A scheduler, an init system or a lost terminal asks once, and means it; it may ask again out of habit.
    if (signal !== "SIGINT" && asked >= 2) return;
    asked = signal === "SIGINT" ? asked + 1 : 2;
    if (asked === 1) drain$.next("Ctrl-C");
    else if (asked === 2) {
      // A person at a terminal wants an end of it. Whoever else asks wants this program gone, and not its work.
      if (signal !== "SIGINT") leaveToThemselves();
      now$.next(signal === "SIGINT" ? "Ctrl-C, twice" : signal);
      // Jobs that nobody watches are let go of, too.
      letGoOfEverything();
    } else {
      endEverything();
      endAtOnce(caught);
    }
  };
  for (const signal of SIGNALS) process.on(signal, on);
  return {
    draining: () => asked > 0,
    drain$,
    now$,
    caught: () => caught,
    close: () => {
      for (const signal of SIGNALS) process.off(signal, on);
    },
  };
};

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
