/** What every part of the stream is handed, and the words that they all use. */
import { defer, EMPTY, type Observable, throwError } from "rxjs";
import type { Effects, Stop } from "../effects.js";
import { Abandon, type Failure } from "../failure.js";
import type { Ensemble, Settings } from "../plan.js";

export interface Scene {
  readonly plan: Ensemble;
  readonly settings: Settings;
  readonly effects: Effects;
  readonly stop: Stop;
}

/** Abandons the work at hand. */
export const abandon$ = (failure: Failure): Observable<never> => throwError(() => new Abandon(failure));

/** Nothing that belongs to a batch or the ensemble as a whole is done for one that was cut short. */
export const unlessDraining$ = ({ stop }: Scene): Observable<never> =>
  defer(() => (stop.draining() ? abandon$({ reason: "interrupted" }) : EMPTY));
