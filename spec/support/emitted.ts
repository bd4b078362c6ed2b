/** The values of streams, as promises. */
import { lastValueFrom, map, type Observable, toArray } from "rxjs";
import type { Handover } from "../../lib/effects/backend.js";
import { Abandon, type Failure } from "../../lib/events/failure.js";

/** All values of a stream until it completes. */
export const emitted = <T>(stream$: Observable<T>): Promise<readonly T[]> =>
  lastValueFrom(stream$.pipe(toArray()), { defaultValue: [] });

/** The last value of a stream. Rejects if the stream completes without a value. */
export const lastOf = async <T>(stream$: Observable<T>): Promise<T> => {
  const last = (await emitted(stream$)).at(-1);
  if (last === undefined) throw new Error("the stream completed, and emitted nothing");
  return last;
};

/** The ids of submitted jobs. Fails if a submission has to wait. */
export const idsOf = (handover$: Observable<Handover>): Observable<string> =>
  handover$.pipe(
    map((handover) => {
      if ("job" in handover) return handover.job;
      throw new Error(`the job waits: ${handover.waiting}`);
    }),
  );

/** The failure of a stream, or undefined. Rejects with any error that is not an `Abandon`, since it is a bug. */
export const failureOf = (stream$: Observable<unknown>): Promise<Failure | undefined> =>
  emitted(stream$).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof Abandon) return error.failure;
      throw error;
    },
  );
