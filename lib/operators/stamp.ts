/** An operator that turns facts into events: it adds their number and their time. */
import { asyncScheduler, map, type OperatorFunction } from "rxjs";
import type { Event, Fact } from "../events/event.js";

/** Numbers the facts from 0. */
export const stamp = (): OperatorFunction<Fact, Event> =>
  map((fact, seq) => ({ seq, time: new Date(asyncScheduler.now()).toISOString(), ...fact }));
