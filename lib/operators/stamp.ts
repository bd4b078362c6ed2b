/** An operator that gives facts their place in the stream. */
import { asyncScheduler, map, type OperatorFunction } from "rxjs";
import type { Event, Fact } from "../events/event.js";

/** Numbers facts from 0, and adds the time. */
export const stamp = (): OperatorFunction<Fact, Event> =>
  map((fact, seq) => ({ seq, time: new Date(asyncScheduler.now()).toISOString(), ...fact }));
