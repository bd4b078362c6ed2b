/** The place of an event in its stream. */
import { asyncScheduler, map, type OperatorFunction } from "rxjs";
import type { Event, Fact } from "../events/event.js";

/** Numbers facts from 0 and says when each was told. */
export const stamp = (): OperatorFunction<Fact, Event> =>
  map((fact, seq) => ({ seq, time: new Date(asyncScheduler.now()).toISOString(), ...fact }));
