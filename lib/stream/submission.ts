/** Submitting one job: the intent first, then the hand-over, then its receipt. Serves runs and `submit` tasks. */
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

/** The intent, then the hand-over, then its receipt; again, under another token, where nothing came of it for certain. */
export const handed$ = (context: Context, next: () => JobRequest, where: Where): Observable<Fact> =>
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

/** The job of an earlier start, if there is one. */
export const adopted$ = (
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
  if ("job" in handover) return { type: "job.submitted", job: handover.job, ...without(where) };
  const { waiting } = handover;
  return where.task === undefined
    ? { type: "run.waiting", because: "scheduler", message: waiting, ...(where as InRun) }
    : { type: "task.waiting", message: waiting, ...(where as InTask) };
};

/** Jobs of a task are told of by its place alone. */
const without = ({ name: _, ...here }: Where) => here;

export const isHanded = ({ type }: Fact): boolean => type === "job.submitted";

/** `job`, `job-2`, `job-3` … */
export const tryOf = (what: string, tries: number): string => (tries === 1 ? what : `${what}-${tries}`);

/** A random wait, so that a hundred runs do not all knock at the scheduler's door in the same moment. */
export const stagger$ = (longest: number): Observable<never> =>
  longest > 0 ? defer(() => after(Math.random() * longest)).pipe(ignoreElements()) : EMPTY;

/** What a reference stands for may be any value, a number or a date say. */
const text = (value: Value): string =>
  typeof value !== "object" || value instanceof Float || value instanceof Timestamp
    ? String(value)
    : JSON.stringify(value);
