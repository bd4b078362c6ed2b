/** Seats: how `maxjobs` is kept. */
import { asyncScheduler, defer, Observable, type ObservableInput } from "rxjs";

export interface Slots {
  /** Does the work as soon as a seat is free. A seat is held from then to the end of the work, or its unsubscription. */
  <T>(work: () => ObservableInput<T>): Observable<T>;
  /** Whether whoever asks now has to wait. */
  full(): boolean;
}

export const slots = (size: number): Slots => {
  let free = size;
  const waiting: Array<() => void> = [];

  // A seat is handed over in a later turn. When a whole tree is torn down, seats come free one by one, and a waiter
  // that is itself about to be torn down would otherwise be let in and submit a job that nobody will ever watch.
  const leave = () => {
    free += 1;
    if (waiting.length === 0) return;
    asyncScheduler.schedule(() => {
      if (free > 0) waiting.shift()?.();
    });
  };

  const seat = <T>(work: () => ObservableInput<T>): Observable<T> =>
    new Observable((subscriber) => {
      let seated = false;
      const sit = () => {
        free -= 1;
        seated = true;
        subscriber.add(defer(work).subscribe(subscriber));
      };
      if (free > 0 && waiting.length === 0) sit();
      else waiting.push(sit);
      return () => {
        if (seated) return leave();
        waiting.splice(waiting.indexOf(sit), 1);
      };
    });

  return Object.assign(seat, { full: () => free <= 0 || waiting.length > 0 });
};
