/** The context of the stream, which all its parts get, and the helpers that they share. */
import { defer, EMPTY, type Observable, throwError } from "rxjs";
import type { Effects } from "../effects/effects.js";
import type { Stop } from "../effects/stop.js";
import type { EnsemblePlace, InRun } from "../events/event.js";
import { Abandon, type Failure } from "../events/failure.js";
import type { History } from "../history/history.js";
import type { Ensemble } from "../plan/plan.js";
import type { Settings } from "../plan/settings.js";

export interface Context {
  readonly plan: Ensemble;
  readonly settings: Settings;
  readonly effects: Effects;
  readonly stop: Stop;
  /** What earlier starts did, and this start does not repeat. */
  readonly past: History;
  /** Absent without a journal. */
  readonly place?: EnsemblePlace;
}

/** The number of this start of the ensemble, from 1. */
export const thisStart = ({ past }: Context): number => past.starts + 1;

/**
 * The name of one attempt at one piece of work: unique in the ensemble, and the same when a later start computes it.
 * `start`: the number of the start that makes the attempt.
 */
export const claimOf = (start: number, what: string, { batch, run, cycle, attempt }: Partial<InRun>): string =>
  [start, run ?? batch, cycle, attempt, what].filter((part) => part !== undefined).join(".");

/** Abandons the work with this failure. */
export const abandon$ = (failure: Failure): Observable<never> => throwError(() => new Abandon(failure));

/** Abandons the work of a batch, or of the ensemble itself, if the ensemble is draining. */
export const unlessDraining$ = ({ stop }: Context): Observable<never> =>
  defer(() => (stop.draining() ? abandon$({ reason: "interrupted" }) : EMPTY));
