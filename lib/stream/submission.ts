/** Submits one job, of a run or of a `submit` task: the intent, the submission, the job's id. */
import { concat, defer, EMPTY, ignoreElements, map, type Observable, of } from "rxjs";
import type { Handover, JobRequest } from "../effects/backend.js";
import type { Place } from "../effects/effects.js";
import type { Fact } from "../events/event.js";
import type { InRun, InTask } from "../events/run.js";
import type { JobHistory, TaskHistory } from "../history/history.js";
import { after } from "../operators/after.js";
import { switchIfEmpty } from "../operators/switch-if-empty.js";
import { resolved } from "../plan/references.js";
import { Float, Timestamp, type Value } from "../plan/values.js";
import { type Context, thisStart } from "./context.js";

/** A `submit` task. */
export interface SubmitTask {
  readonly place: Place;
  readonly here: InTask;
  /** What earlier starts have done of it. */
  readonly past: TaskHistory | undefined;
  /** The name of its claim in a start of the ensemble. */
  readonly claimIn: (start: number) => string;
}

/** Submits the job of a `submit` task, and does not wait for its end. Without a script there is nothing to submit. */
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
    const requestFor = (token: string): JobRequest => ({
      ...{ name, script: text(script), directory: place.directory, watched: false, token, guard },
    });
    let submissions = 0;
    const fresh$ = concat(
      stagger$(context.settings.max_stagger),
      submitJob$(context, () => requestFor(numbered(claimIn(thisStart(context)), ++submissions)), here),
    );
    if (past === undefined) return fresh$;
    if (past.job !== undefined) return EMPTY;
    return adoptJob$(context, requestFor(past.token ?? claimIn(past.start)), here, past).pipe(
      switchIfEmpty(fresh$, isSubmitted),
    );
  });

/** Submits a job. If the job was certainly not submitted, tries again under another token. */
export const submitJob$ = (context: Context, next: () => JobRequest, where: Where): Observable<Fact> =>
  defer(() => {
    const request = next();
    const { script, token } = request;
    return concat(
      of<Fact>({ type: "job.submitting", script, token, ...withoutName(where) }),
      context.effects.commit$(),
      defer(() => context.effects.backend.submit$(request)).pipe(map((handover) => factOf(handover, where))),
    ).pipe(
      switchIfEmpty(
        defer(() => submitJob$(context, next, where)),
        isSubmitted,
      ),
    );
  });

/** Adopts the job of an earlier start, if there is one. */
export const adoptJob$ = (
  context: Context,
  request: JobRequest,
  here: Where,
  { start, id }: Earlier,
): Observable<Fact> =>
  context.effects.backend
    .adopt$(request, { boot: context.past.boots[start] ?? "", ...(id !== undefined && { id }) })
    .pipe(map((handover) => factOf(handover, here)));

export type Where = Partial<InRun> & { readonly task?: string; readonly name?: string };

type Earlier = Pick<JobHistory, "start" | "id">;

const factOf = (handover: Handover, where: Where): Fact => {
  if ("job" in handover) return { type: "job.submitted", job: handover.job, ...withoutName(where) };
  const { waiting } = handover;
  return where.task === undefined
    ? { type: "run.waiting", because: "scheduler", message: waiting, ...(where as InRun) }
    : { type: "task.waiting", message: waiting, ...(where as InTask) };
};

/** The events of a task's job do not name the task's kind. */
const withoutName = ({ name: _, ...here }: Where) => here;

export const isSubmitted = ({ type }: Fact): boolean => type === "job.submitted";

/** `job`, `job-2`, `job-3` … */
export const numbered = (what: string, submissions: number): string =>
  submissions === 1 ? what : `${what}-${submissions}`;

/** A random wait, so that a hundred runs do not all submit in the same moment. */
export const stagger$ = (longest: number): Observable<never> =>
  longest > 0 ? defer(() => after(Math.random() * longest)).pipe(ignoreElements()) : EMPTY;

/** The value of a reference as text: it may be a number or a date. */
const text = (value: Value): string =>
  typeof value !== "object" || value instanceof Float || value instanceof Timestamp
    ? String(value)
    : JSON.stringify(value);
