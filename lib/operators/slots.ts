/** Slots, which limit how many pieces of work are done at once, such as the jobs of a batch (`maxjobs`). */
import { asyncScheduler, defer, Observable, type ObservableInput } from "rxjs";

export interface Slots {
  /** Starts work as soon as a slot is free, and holds the slot until the work ends or is unsubscribed from. */
  <T>(work: () => ObservableInput<T>): Observable<T>;
  /** Whether new work has to wait. */
  full(): boolean;
}

export const slots = (size: number): Slots => {
  let free = size;
  const waiting: Array<() => void> = [];

  // A waiter gets a free slot in a later turn, because a teardown of the stream frees the slots one by one. Otherwise a
  // waiter that is about to be torn down itself would get a slot and submit a job that the program never watches.
  const release = () => {
    free += 1;
    if (waiting.length === 0) return;
    asyncScheduler.schedule(() => {
      if (free > 0) waiting.shift()?.();
    });
  };

  const holdSlot = <T>(work: () => ObservableInput<T>): Observable<T> =>
    new Observable((subscriber) => {
      let holding = false;
      const take = () => {
        free -= 1;
        holding = true;
        subscriber.add(defer(work).subscribe(subscriber));
      };
      if (free > 0 && waiting.length === 0) take();
      else waiting.push(take);
      return () => {
        if (holding) return release();
        waiting.splice(waiting.indexOf(take), 1);
      };
    });

  return Object.assign(holdSlot, { full: () => free <= 0 || waiting.length > 0 });
};
