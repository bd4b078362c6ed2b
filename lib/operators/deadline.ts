/** An operator that limits the total time of a piece of work. */
import { type MonoTypeOperatorFunction, map, takeUntil } from "rxjs";
import { Abandon } from "../events/failure.js";
import { after } from "./after.js";

/**
 * Abandons work that has not completed after the given seconds. (rxjs's `timeout` limits only the gaps between values:
 * a check that emits "not yet" at every poll would never time out.)
 */
export const deadline =
  <T>(seconds: number | undefined): MonoTypeOperatorFunction<T> =>
  (work$) =>
    seconds === undefined ? work$ : work$.pipe(takeUntil(after(seconds).pipe(map(abandon(seconds)))));

const abandon = (seconds: number) => (): never => {
  throw new Abandon({ reason: "timeout", after_s: seconds });
};
