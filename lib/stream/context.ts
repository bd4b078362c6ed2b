/** What every part of the stream is handed, and the words that they all use. */
import { defer, EMPTY, type Observable, throwError } from "rxjs";
import type { Effects } from "../effects/effects.js";
import type { Stop } from "../effects/stop.js";
import type { InRun } from "../events/event.js";
import { Abandon, type Failure } from "../events/failure.js";
import type { History } from "../history/history.js";
import type { Ensemble } from "../plan/plan.js";
import type { Settings } from "../plan/settings.js";

export interface Context {
  readonly plan: Ensemble;
  readonly settings: Settings;
  readonly effects: Effects;
  readonly stop: Stop;
  /** What earlier starts have done, and what is therefore left as it is. */
  readonly past: History;
}

/** How often the ensemble was started, this time included. */
export const thisStart = ({ past }: Context): number => past.starts + 1;

/**
 * The name of one try at one piece of work: never the same for two, and the same for whoever asks later. `start` counts
 * the starts of the ensemble.
 */
export const claimOf = (start: number, what: string, { batch, run, cycle, attempt }: Partial<InRun>): string =>
  [start, run ?? batch, cycle, attempt, what].filter((part) => part !== undefined).join(".");

/** Abandons the work at hand. */
export const abandon$ = (failure: Failure): Observable<never> => throwError(() => new Abandon(failure));

/** Nothing that belongs to a batch or the ensemble as a whole is done for one that was cut short. */
export const unlessDraining$ = ({ stop }: Context): Observable<never> =>
  defer(() => (stop.draining() ? abandon$({ reason: "interrupted" }) : EMPTY));
