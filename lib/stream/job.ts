/** A job: wait for the scheduler's leave, hand over, watch to the end. */
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  ignoreElements,
  map,
  type Observable,
  of,
  repeat,
  takeWhile,
  throwError,
} from "rxjs";
import type { Handover, JobReport, JobRequest, Place, RunPlace } from "../effects/effects.js";
import type { Evidence, Fact, InRun, InTask } from "../events/event.js";
import type { JobHistory, TaskHistory } from "../history/history.js";
import { after } from "../operators/after.js";
import { endWithOutcome } from "../operators/end-with-outcome.js";
import { switchIfEmpty } from "../operators/switch-if-empty.js";
import { resolved } from "../plan/references.js";
import { Float, Timestamp, type Value } from "../plan/values.js";
import { abandon$, type Context, claimOf, thisStart } from "./context.js";

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

const isHanded = ({ type }: Fact): boolean => type === "job.submitted";

/** `job`, `job-2`, `job-3` … */
const tryOf = (what: string, tries: number): string => (tries === 1 ? what : `${what}-${tries}`);

/** The job of an earlier start, if there is one. */
const adopted$ = (context: Context, request: JobRequest, here: Where, { start, id }: Earlier): Observable<Fact> =>
  context.effects.backend
    .adopt$(request, { boot: context.past.boots[start] ?? "", ...(id !== undefined && { id }) })
    .pipe(map((handover) => factOf(handover, here)));

type Where = Partial<InRun> & { readonly task?: string; readonly name?: string };
type Earlier = Pick<JobHistory, "start" | "id">;

const factOf = (handover: Handover, where: Where): Fact => {
  if ("job" in handover) return { type: "job.submitted", job: handover.job, ...without(where) };
  const { waiting } = handover;
  return where.task === undefined
    ? { type: "run.waiting", because: "scheduler", message: waiting, ...(where as InRun) }
    : { type: "task.waiting", because: waiting, ...(where as InTask) };
};

/** Jobs of a task are told of by its place alone. */
const without = ({ name: _, ...here }: Where) => here;

/** A `submit` task. */
export interface SubmitTask {
  readonly place: Place;
  readonly here: InTask;
  /** What an earlier start has done of it. */
  readonly past: TaskHistory | undefined;
  /** The name of its claim in a start of the ensemble. */
  readonly claimIn: (start: number) => string;
}

/** One more job, for a `submit` task: handed over and not waited for. Without a script there is nothing to hand over. */
export const submitTask$ = (
  context: Context,
  args: { readonly script?: string },
  { place, here, past, claimIn }: SubmitTask,
): Observable<Fact> =>
  defer(() => {
    const { script } = resolved(args, place.variables);
    if (script === undefined) return EMPTY;
    const name = place.run?.id ?? place.batch?.name ?? context.plan.name;
    const { guard = true } = place.batch ?? {};
    const under = (token: string): JobRequest => ({
      ...{ name, script: text(script), directory: place.directory, watched: false, token, guard },
    });
    let tries = 0;
    const fresh$ = concat(
      stagger$(context.settings.max_stagger),
      handed$(context, () => under(tryOf(claimIn(thisStart(context)), ++tries)), here),
    );
    if (past === undefined) return fresh$;
    if (past.job !== undefined) return EMPTY;
    return adopted$(context, under(past.token ?? claimIn(past.start)), here, past).pipe(
      switchIfEmpty(fresh$, isHanded),
    );
  });

/** What a reference stands for may be any value, a number or a date say. */
const text = (value: Value): string =>
  typeof value !== "object" || value instanceof Float || value instanceof Timestamp
    ? String(value)
    : JSON.stringify(value);

/** The intent, then the hand-over, then its receipt; again, under another token, where nothing came of it for certain. */
const handed$ = (context: Context, next: () => JobRequest, where: Where): Observable<Fact> =>
  defer(() => {
    const request = next();
    const { script, token } = request;
    return concat(
      of<Fact>({ type: "job.submitting", script, token, ...without(where) }),
      context.effects.commit$(),
      defer(() => context.effects.backend.submit$(request)).pipe(map((handover) => factOf(handover, where))),
    ).pipe(
      switchIfEmpty(
        defer(() => handed$(context, next, where)),
        isHanded,
      ),
    );
  });

/** Waits until the scheduler has fewer jobs of this batch than `maxjobs`: there may be others than ours. */
const room$ = (context: Context, match: string, limit: number, here: InRun): Observable<Fact> => {
  if (!context.settings.checks) return EMPTY;
  return context.effects.backend.count$(match).pipe(
    repeat({ delay: () => after(context.settings.check_timeout) }),
    takeWhile((count) => count >= limit),
    map((): Fact => ({ type: "run.waiting", because: "maxjobs", ...here })),
  );
};

/** A random wait, so that a hundred runs do not all knock at the scheduler's door in the same moment. */
const stagger$ = (longest: number): Observable<never> =>
  longest > 0 ? defer(() => after(Math.random() * longest)).pipe(ignoreElements()) : EMPTY;

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
