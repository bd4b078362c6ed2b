/** An operator that limits the time of a piece of work as a whole. */
import { type MonoTypeOperatorFunction, map, takeUntil } from "rxjs";
import { Abandon } from "../events/failure.js";
import { after } from "./after.js";

/**
 * Abandons work that has not completed after so many seconds. (rxjs's `timeout` limits the gaps between values, and a
 * check that keeps emitting "not yet" has none.)
 */
export const deadline =
  <T>(seconds: number | undefined): MonoTypeOperatorFunction<T> =>
  (work$) =>
    seconds === undefined ? work$ : work$.pipe(takeUntil(after(seconds).pipe(map(abandon(seconds)))));

const abandon = (seconds: number) => (): never => {
  throw new Abandon({ reason: "timeout", after_s: seconds });
};
