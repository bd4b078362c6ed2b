/** A job: wait for the scheduler's leave, hand over, watch to the end. */
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  map,
  type Observable,
  of,
  repeat,
  takeWhile,
  throwError,
} from "rxjs";
import type { JobReport, JobRequest } from "../effects/backend.js";
import type { RunPlace } from "../effects/effects.js";
import type { Evidence, Fact, InRun } from "../events/event.js";
import type { JobHistory } from "../history/history.js";
import { after } from "../operators/after.js";
import { endWithOutcome } from "../operators/end-with-outcome.js";
import { switchIfEmpty } from "../operators/switch-if-empty.js";
import { abandon$, type Context, claimOf, thisStart } from "./context.js";
import { adopted$, handed$, isHanded, stagger$, tryOf } from "./submission.js";

/**
 * The run's own job, from the wait for its turn to its end; one that an earlier start has handed over is looked for
 * first. Fails as `job`.
 */
export const job$ = (
  context: Context,
  { batch, run }: RunPlace,
  script: string,
  here: InRun,
  past: JobHistory | undefined,
): Observable<Fact> => {
  const { guard } = batch;
  const under = (token: string): JobRequest => ({
    ...{ name: run.id, script, directory: run.directory, watched: true, token, guard },
  });
  let [tries, vanished] = [0, 0];
  const fresh$ = concat(
    // The ids of its runs begin so, and those of a batch whose name only begins like its name do not.
    room$(context, `${batch.name}-`, batch.maxjobs, here),
    stagger$(context.settings.max_stagger),
    handed$(context, () => under(claimOf(thisStart(context), tryOf("job", ++tries), here)), here),
  );
  const watched$ = (job$: Observable<Fact>): Observable<Fact> =>
    job$.pipe(
      concatMap((fact) =>
        fact.type === "job.submitted" ? concat(of(fact), watch$(context, fact.job, here)) : of(fact),
      ),
      // It was taken and is forgotten, and nothing of it was done.
      catchError((error: unknown) => {
        if (!(error instanceof Vanished)) return throwError(() => error);
        // What is forgotten every time is better looked into by a person.
        if (++vanished > MOST_VANISHED) return abandon$({ reason: "job", cause: "lost", message: FORGOTTEN });
        return concat(of<Fact>({ type: "job.vanished", ...error.what, ...here }), watched$(fresh$));
      }),
    );
  if (past === undefined) return watched$(fresh$);
  const { start, token = claimOf(start, "job", here) } = past;
  return watched$(adopted$(context, under(token), here, past).pipe(switchIfEmpty(fresh$, isHanded)));
};

const MOST_VANISHED = 3;
const FORGOTTEN = "the scheduler has taken it and forgotten it again and again, and has never begun it";

/** Waits until the scheduler has fewer jobs of this batch than `maxjobs`: there may be others than ours. */
const room$ = (context: Context, match: string, limit: number, here: InRun): Observable<Fact> => {
  if (!context.settings.checks) return EMPTY;
  return context.effects.backend.count$(match).pipe(
    repeat({ delay: () => after(context.settings.check_timeout) }),
    takeWhile((count) => count >= limit),
    map((): Fact => ({ type: "run.waiting", because: "maxjobs", ...here })),
  );
};

/** Carries word of a job that vanished past whoever would take it for an end. */
class Vanished extends Error {
  constructor(readonly what: { readonly job: string; readonly evidence: Evidence }) {
    super(what.job);
  }
}

/** A backend that stops telling of a job before it has ended does not know how it went. */
const LOST: JobReport = {
  state: "ended",
  failure: { reason: "job", cause: "lost", message: "the backend no longer tells of it" },
};

const watch$ = (context: Context, job: string, here: InRun): Observable<Fact> =>
  defer(() => {
    let evidence: Evidence | undefined;
    return concat(context.effects.backend.watch$(job), of(LOST)).pipe(
      takeWhile(({ state }) => state !== "ended", true),
      concatMap((report: JobReport): Observable<Fact> => {
        if (report.state === "vanished") return throwError(() => new Vanished({ job, evidence: report.evidence }));
        if (report.state !== "ended") return of({ type: "job.changed", job, ...report, ...here });
        ({ evidence } = report);
        return report.failure === undefined ? EMPTY : abandon$(report.failure);
      }),
      endWithOutcome((end) => ({ type: "job.finished", job, ...here, ...end, ...(evidence && { evidence }) }), true),
    );
  });
