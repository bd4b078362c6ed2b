/** The submission of one job, of a run or of a `submit` task: the intent, the attempt, the job's id. */
import { concat, defer, EMPTY, ignoreElements, map, type Observable, of } from "rxjs";
import type { Handover, JobRequest } from "../effects/backend.js";
import type { Place } from "../effects/effects.js";
import type { Fact } from "../events/event.js";
import type { InRun, InTask } from "../events/run.js";
import type { JobHistory, TaskHistory } from "../history/history.js";
import { after } from "../operators/after.js";
import { retryWhileFull, type Wait } from "../operators/retry-while-full.js";
import { switchIfEmpty } from "../operators/switch-if-empty.js";
import { resolved } from "../plan/references.js";
import { Float, Timestamp, type Value } from "../plan/values.js";
import { type Context, thisStart } from "./context.js";

/** A `submit` task. */
export interface SubmitTask {
  readonly place: Place;
  readonly ids: InTask;
  /** What earlier starts did of the task. */
  readonly past: TaskHistory | undefined;
  /** The token of this task's job, if the given start of the ensemble submits it. */
  readonly tokenIn: (start: number) => string;
}

/** Submits the job of a `submit` task, and does not wait for the job's end. Without a script, submits nothing. */
export const submitTask$ = (
  context: Context,
  args: { readonly script?: string },
  { place, ids, past, tokenIn: claimIn }: SubmitTask,
): Observable<Fact> =>
  defer(() => {
    const { script } = resolved(args, place.variables);
    if (script === undefined) return EMPTY;
    const { run, batch, directory } = place;
    const name = run?.id ?? batch?.name ?? context.plan.name;
    const requestFor = (token: string): JobRequest => ({
      name,
      script: textOf(script),
      directory,
      watched: false,
      token,
      guard: batch?.guard ?? true,
      ...retryOf(ids, past, submissions),
    });
    let submissions = 0;
    const fresh$ = concat(
      stagger$(context.settings.max_stagger),
      submitJob$(context, () => requestFor(numbered(claimIn(thisStart(context)), ++submissions)), ids),
    );
    if (past === undefined) return fresh$;
    if (past.job !== undefined) return EMPTY;
    return adoptJob$(context, requestFor(past.token ?? claimIn(past.start)), ids, past).pipe(
      switchIfEmpty(fresh$, isSubmitted),
    );
  });

/** Submits a job. If it was certainly not submitted, tries again under another token. `next`: makes the next request. */
export const submitJob$ = (context: Context, next: () => JobRequest, ids: EventIds): Observable<Fact> =>
  defer(() => {
    const request = next();
    const { script, token } = request;
    return concat(
      of<Fact>({ type: "job.submitting", script, token, ...withoutTaskKind(ids) }),
      context.effects.commit$(),
      defer(() => context.effects.backend.submit$(request)).pipe(
        map((handover) => factOf(handover, ids)),
        retryWhileFull(context.settings.error_timeout, (wait) => waitOf(wait, ids)),
      ),
    ).pipe(
      switchIfEmpty(
        defer(() => submitJob$(context, next, ids)),
        isSubmitted,
      ),
    );
  });

/** Adopts the job of an earlier start, if there is one. */
export const adoptJob$ = (
  context: Context,
  request: JobRequest,
  ids: EventIds,
  { start, id }: Earlier,
): Observable<Fact> =>
  context.effects.backend
    .adopt$(request, { boot: context.past.boots[start] ?? "", ...(id !== undefined && { id }) })
    .pipe(map((handover) => factOf(handover, ids)));

/** The ids that the events of a job carry. */
export type EventIds = Partial<InRun> & { readonly task?: string; readonly name?: string };

type Earlier = Pick<JobHistory, "start" | "id">;

const factOf = (handover: Handover, ids: EventIds): Fact => {
  if ("job" in handover) return { type: "job.submitted", job: handover.job, ...withoutTaskKind(ids) };
  const { waiting } = handover;
  return ids.task === undefined
    ? { type: "run.waiting", because: "scheduler", message: waiting, ...(ids as InRun) }
    : { type: "task.waiting", message: waiting, ...(ids as InTask) };
};

const waitOf = (wait: Wait, ids: EventIds): Fact =>
  ids.task === undefined
    ? { type: "run.waiting", ...wait, ...(ids as InRun) }
    : { type: "task.waiting", message: wait.message, ...(ids as InTask) };

/** The events of a task's job carry no task kind. */
const withoutTaskKind = ({ name: _, ...ids }: EventIds) => ids;

export const isSubmitted = ({ type }: Fact): boolean => type === "job.submitted";

/** Whether a job was tried before, in an earlier attempt, by an earlier start, or by an earlier submission of this one. */
export const retryOf = (
  { attempt = 1 }: { readonly attempt?: number },
  past: object | undefined,
  submissions: number,
): Pick<JobRequest, "retry"> => (attempt > 1 || past !== undefined || submissions > 1 ? { retry: true } : {});

/** `job`, `job-2`, `job-3` … */
export const numbered = (what: string, submissions: number): string =>
  submissions === 1 ? what : `${what}-${submissions}`;

/** A random wait of at most `longest` seconds, so that a hundred runs do not all submit at the same moment. */
export const stagger$ = (longest: number): Observable<never> =>
  longest > 0 ? defer(() => after(Math.random() * longest)).pipe(ignoreElements()) : EMPTY;

/** A value as text: a script may be a reference to a number or a date. */
const textOf = (value: Value): string =>
  typeof value !== "object" || value instanceof Float || value instanceof Timestamp
    ? String(value)
    : JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part));
