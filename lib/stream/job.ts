/** A job: wait for room in the scheduler, submit, watch to the end. */
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
import { abandon$, type Context, claimOf, thisStart, unlessDraining$ } from "./context.js";
import { adoptJob$, isSubmitted, numbered, retryOf, stagger$, submitJob$ } from "./submission.js";

/**
 * Does the run's own job, from the wait for room in the scheduler to the end of the job. Adopts the job that an earlier
 * start submitted, or may have submitted. Fails with reason `job`.
 */
export const job$ = (
  context: Context,
  { batch, run }: RunPlace,
  script: string,
  ids: InRun,
  past: JobHistory | undefined,
): Observable<Fact> => {
  const { guard } = batch;
  const { id: name, directory } = run;
  // The token of a job is its claim: the name under which it leaves traces.
  const requestFor = (token: string): JobRequest => ({
    ...{ name, script, directory, watched: true, token, guard },
    ...retryOf(ids, past, submissions),
  });
  let [submissions, vanished] = [0, 0];
  const fresh$ = concat(
    // A run without a job gets none once the ensemble drains, however long it then waits for room.
    unlessDraining$(context),
    // With the dash, the jobs of `seaice` do not count for `sea`; those of `sea-ice` still do.
    waitForRoom$(context, `${batch.name}-`, batch.maxjobs, ids),
    stagger$(context.settings.max_stagger),
    unlessDraining$(context),
    submitJob$(context, () => requestFor(claimOf(thisStart(context), numbered("job", ++submissions), ids)), ids),
  );
  const watched$ = (submitted$: Observable<Fact>): Observable<Fact> =>
    submitted$.pipe(
      concatMap((fact) =>
        fact.type === "job.submitted" ? concat(of(fact), watch$(context, fact.job, ids)) : of(fact),
      ),
      // The scheduler accepted the job and forgot it, and the job never started.
      catchError((error: unknown) => {
        if (!(error instanceof Vanished)) return throwError(() => error);
        // If the scheduler forgets the job every time, the user has to find out why.
        if (++vanished > MAX_VANISHED) return abandon$({ reason: "job", cause: "lost", message: FORGOTTEN });
        return concat(of<Fact>({ type: "job.vanished", ...error.what, ...ids }), watched$(fresh$));
      }),
    );
  if (past === undefined) return watched$(fresh$);
  const { start, token = claimOf(start, "job", ids) } = past;
  return watched$(adoptJob$(context, requestFor(token), ids, past).pipe(switchIfEmpty(fresh$, isSubmitted)));
};

const MAX_VANISHED = 3;
const FORGOTTEN = "the scheduler accepted the job and forgot it again and again, and never started it";

/**
 * Waits until the scheduler has fewer jobs of this batch than `maxjobs`. Slots alone do not ensure that: other programs
 * may have submitted some of these jobs.
 */
const waitForRoom$ = (context: Context, match: string, limit: number, ids: InRun): Observable<Fact> => {
  if (!context.settings.checks) return EMPTY;
  return context.effects.backend.count$(match).pipe(
    repeat({ delay: () => after(context.settings.check_timeout) }),
    takeWhile((count) => count >= limit && !context.stop.draining()),
    map((): Fact => ({ type: "run.waiting", because: "maxjobs", ...ids })),
  );
};

/** A vanished job. Not an `Abandon`, so `endWithOutcome` lets it pass and emits no `job.finished`. */
class Vanished extends Error {
  constructor(readonly what: { readonly job: string; readonly evidence: Evidence }) {
    super(what.job);
  }
}

/** The report on a job whose backend stopped watching it before its end. */
const LOST: JobReport = {
  state: "ended",
  failure: { reason: "job", cause: "lost", message: "the backend stopped watching it" },
};

const watch$ = (context: Context, job: string, ids: InRun): Observable<Fact> =>
  defer(() => {
    let evidence: Evidence | undefined;
    return concat(context.effects.backend.watch$(job), of(LOST)).pipe(
      takeWhile(({ state }) => state !== "ended", true),
      concatMap((report: JobReport): Observable<Fact> => {
        if (report.state === "vanished") return throwError(() => new Vanished({ job, evidence: report.evidence }));
        if (report.state !== "ended") return of({ type: "job.changed", job, ...report, ...ids });
        ({ evidence } = report);
        return report.failure === undefined ? EMPTY : abandon$(report.failure);
      }),
      endWithOutcome((end) => ({ type: "job.finished", job, ...ids, ...end, ...(evidence && { evidence }) }), {
        rethrow: true,
      }),
    );
  });
