/** What streams emit, for specs that look at it from outside rxjs. */
import { lastValueFrom, map, type Observable, toArray } from "rxjs";
import type { Handover } from "../../lib/effects/backend.js";
import { Abandon, type Failure } from "../../lib/events/failure.js";

/** All that a stream emits until it completes. */
export const emitted = <T>(stream$: Observable<T>): Promise<readonly T[]> =>
  lastValueFrom(stream$.pipe(toArray()), { defaultValue: [] });

/** The last of it. A stream that completes without a value is a mistake here. */
export const lastOf = async <T>(stream$: Observable<T>): Promise<T> => {
  const last = (await emitted(stream$)).at(-1);
  if (last === undefined) throw new Error("the stream completed, and emitted nothing");
  return last;
};

/** The ids of jobs that are handed over without having to wait. */
export const idsOf = (handover$: Observable<Handover>): Observable<string> =>
  handover$.pipe(
    map((handover) => {
      if ("job" in handover) return handover.job;
      throw new Error(`the job waits: ${handover.waiting}`);
    }),
  );

/** Why it failed; undefined where it did not. Anything but an `Abandon` is a bug, and thrown. */
export const failureOf = (stream$: Observable<unknown>): Promise<Failure | undefined> =>
  emitted(stream$).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof Abandon) return error.failure;
      throw error;
    },
  );
