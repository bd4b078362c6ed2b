/** Watches a command that an earlier instance of this program started, or was about to start. */
import { concatMap, defer, EMPTY, filter, type Observable, of, repeat, takeWhile, timer } from "rxjs";
import type { Ending } from "../../events/failure.js";
import { type Trace, take, traceOf } from "./claims.js";

const POLL_MS = 200;
/** The number of polls that a shell may take from making its claim to writing its process id. */
const STARTING_POLLS = 25;

/**
 * Polls a claim while its command runs; the last value tells how the command ended. Takes the claim before it emits
 * `absent`, so that no late shell starts the command.
 */
export const trace$ = (claim: string, boot: string): Observable<Trace> =>
  defer(() => {
    let polls = 0;
    let outlived = false;
    const poll = (): Trace => {
      const trace = traceOf(claim, boot);
      outlived ||= trace.is === "running" && trace.outlives === true;
      if (trace.is === "unknown" && outlived) return { ...trace, outlived };
      if (trace.is === "starting") return ++polls < STARTING_POLLS ? trace : { is: "unknown" };
      return trace.is === "absent" && !take(claim) ? { is: "starting" } : trace;
    };
    return defer(() => of(poll())).pipe(
      repeat({ delay: () => timer(POLL_MS) }),
      takeWhile(({ is }) => is === "running" || is === "starting", true),
    );
  });

/** Emits how a command ended, once it has; completes without a value if it was never started. */
export const reattach$ = (claim: string, boot: string): Observable<Ending | "unknown"> =>
  trace$(claim, boot).pipe(
    filter(({ is }) => is !== "running" && is !== "starting"),
    concatMap((trace): Observable<Ending | "unknown"> => {
      if (trace.is === "absent") return EMPTY;
      return of(trace.is === "ended" ? { status: trace.status, signal: trace.signal } : "unknown");
    }),
  );
