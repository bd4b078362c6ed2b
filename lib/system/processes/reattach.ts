/** Finding out what became of a command that an earlier instance of this program has started, or was about to. */
import { concatMap, defer, EMPTY, filter, type Observable, of, repeat, takeWhile, timer } from "rxjs";
import type { Ending } from "../../events/failure.js";
import { type Trace, take, traceOf } from "./claims.js";

const LOOK_MS = 200;
/** How long a shell may take from making its claim to saying who it is. */
const STARTING_LOOKS = 25;

/**
 * What is known of a claim, again and again as long as its command runs; the last value is another. `absent` is told
 * once it is sure that nobody will start anything under it any more.
 */
export const trace$ = (claim: string, boot: string): Observable<Trace> =>
  defer(() => {
    let looks = 0;
    const look = (): Trace => {
      const trace = traceOf(claim, boot);
      if (trace.is === "starting") return ++looks < STARTING_LOOKS ? trace : { is: "unknown" };
      return trace.is === "absent" && !take(claim) ? { is: "starting" } : trace;
    };
    return defer(() => of(look())).pipe(
      repeat({ delay: () => timer(LOOK_MS) }),
      takeWhile(({ is }) => is === "running" || is === "starting", true),
    );
  });

/** How a command ended, once it has; nothing if it was never started. */
export const reattach$ = (claim: string, boot: string): Observable<Ending | "unknown"> =>
  trace$(claim, boot).pipe(
    filter(({ is }) => is !== "running" && is !== "starting"),
    concatMap((trace): Observable<Ending | "unknown"> => {
      if (trace.is === "absent") return EMPTY;
      return of(trace.is === "ended" ? { status: trace.status, signal: trace.signal } : "unknown");
    }),
  );
