/** The tasks of a `pre_…` or `post_…` list, one after the other. */
import {
  catchError,
  concat,
  concatMap,
  defaultIfEmpty,
  defer,
  EMPTY,
  ignoreElements,
  type Observable,
  of,
  repeat,
  takeWhile,
  throwError,
} from "rxjs";
import type { CheckResult, Place } from "../effects/effects.js";
import type { Fact, InRun, InTask } from "../events/event.js";
import { Abandon } from "../events/failure.js";
import type { TaskHistory, Tasks } from "../history/history.js";
import { after } from "../operators/after.js";
import { deadline } from "../operators/deadline.js";
import { endWithOutcome } from "../operators/end-with-outcome.js";
import type { Task } from "../plan/plan.js";
import { abandon$, type Context, claimOf, thisStart, unlessDraining$ } from "./context.js";
import { submitTask$ } from "./submission.js";

type List = "pre_process" | "pre_batch" | "pre_run" | "post_run" | "post_batch" | "post_process";

/** Lists that make ready for runs: once no run is to start, there is nothing to make ready for. */
const PREPARING: ReadonlySet<List> = new Set<List>(["pre_process", "pre_batch"]);

/** Who does the tasks of a list. */
export interface Holder {
  readonly here: Partial<InRun>;
  /** Of the batch, where it is the batch itself. */
  readonly cycle?: number;
  /** What an earlier start has done of them. */
  readonly past?: Tasks | undefined;
}

/** Does the tasks of a list in order. The first that fails abandons the rest, and whatever they are part of. */
export const tasks$ = (
  context: Context,
  list: List,
  tasks: readonly Task[],
  place: Place,
  { here, cycle, past }: Holder = { here: {} },
): Observable<Fact> =>
  concat(
    ...tasks.flatMap((task, index) => {
      const name = `${list}[${index}]`;
      const before = past?.get(name);
      if (before?.name === task.name && before.state === "done") return [];
      return [
        PREPARING.has(list) ? unlessDraining$(context) : EMPTY,
        task$(context, { task, place, here: { ...here, task: name, name: task.name }, cycle, past: before }),
      ];
    }),
  );

/** A task, who does it, and what an earlier start has done of it. */
interface Step {
  readonly task: Task;
  readonly place: Place;
  readonly here: InTask;
  readonly cycle: number | undefined;
  readonly past: TaskHistory | undefined;
}

const task$ = (context: Context, step: Step): Observable<Fact> =>
  defer(() => {
    const { task, here, past } = step;
    // What is part of it was about to fail by it, and does so now.
    if (past?.failure !== undefined) return abandon$(past.failure);
    const looks = { made: 0 };
    return concat(
      of<Fact>({ type: "task.started", ...here, ...(past !== undefined && { start: past.start }) }),
      work$(context, step, looks).pipe(deadline(task.timeout)),
    ).pipe(
      endWithOutcome(
        (end) => ({ type: "task.finished", ...here, ...(looks.made > 0 && { looks: looks.made }), ...end }),
        true,
      ),
      catchError((error: unknown) => throwError(() => (error instanceof Abandon ? blaming(error, here.task) : error))),
    );
  });

const work$ = (context: Context, step: Step, looks: { made: number }): Observable<Fact> => {
  const { task, place, here, past } = step;
  const claim = claimIn(thisStart(context), step);
  switch (task.name) {
    case "submit":
      return submitTask$(context, task.args, { place, here, past, claimIn: (start) => claimIn(start, step) });
    case "execute":
    case "move":
    case "remove": {
      const fresh$ = concat(
        past === undefined ? EMPTY : of<Fact>({ type: "task.started", ...here }),
        context.effects.commit$(),
        defer(() => context.effects.perform$(task, place, claim)).pipe(ignoreElements()),
      );
      return past === undefined ? fresh$ : recoverTask$(context, step, task, past, fresh$);
    }
    case "check":
    case "jobs":
    case "quota":
      if (!context.settings.checks) return EMPTY;
      return check$(context.effects.perform$(task, place, claim), context.settings.check_timeout, here, looks);
  }
};

/**
 * What an earlier start was about to do, or was doing, or did without living to tell. `move` and `remove` come to the
 * same when they are done again; of a command nobody knows, unless it says so itself.
 */
const recoverTask$ = (
  { effects, past: { boots } }: Context,
  step: Step,
  task: Task & { name: "execute" | "move" | "remove" },
  { start, stale }: TaskHistory,
  fresh$: Observable<Fact>,
): Observable<Fact> =>
  effects.reattach$(claimIn(start, step), boots[start] ?? "").pipe(
    defaultIfEmpty(undefined),
    concatMap((how) => {
      if (how === undefined || task.name !== "execute") return fresh$;
      const { cmd, idempotent } = task.args;
      if (how !== "unknown") {
        if (stale) return fresh$;
        return how.status === 0 ? EMPTY : abandon$({ reason: "command", command: cmd, output: "", ...how });
      }
      return idempotent ? fresh$ : abandon$({ reason: "interrupted", command: cmd });
    }),
  );

/** Looks again and again until it holds. The reason for waiting is told once, and again when it changes. */
const check$ = (
  look$: Observable<CheckResult>,
  every: number,
  here: InTask,
  looks: { made: number },
): Observable<Fact> =>
  defer(() => {
    let told: string | undefined;
    return look$.pipe(
      repeat({ delay: () => after(every) }),
      takeWhile((look) => {
        looks.made += 1;
        return !look.holds;
      }),
      concatMap((look): Observable<Fact> => {
        if (look.message === told) return EMPTY;
        told = look.message;
        return of({ type: "task.waiting", message: look.message, ...here });
      }),
    );
  });

const claimIn = (start: number, { here, cycle }: Pick<Step, "here" | "cycle">): string =>
  claimOf(start, here.task, { ...(cycle !== undefined && { cycle }), ...here });

/** The same failure, with the task that gave it. */
const blaming = (error: Abandon, task: string): Abandon => new Abandon({ ...error.failure, task });
