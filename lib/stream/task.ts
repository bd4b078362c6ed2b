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
  tap,
  throwError,
} from "rxjs";
import type { CheckResult, Place } from "../effects/effects.js";
import type { Copied, Fact, InRun, InTask } from "../events/event.js";
import { Abandon, type Failure, isIgnorable } from "../events/failure.js";
import type { TaskHistory, Tasks } from "../history/history.js";
import { after } from "../operators/after.js";
import { deadline } from "../operators/deadline.js";
import { endWithOutcome } from "../operators/end-with-outcome.js";
import { retryWhileFull } from "../operators/retry-while-full.js";
import type { Task } from "../plan/plan.js";
import { abandon$, type Context, claimOf, thisStart, unlessDraining$ } from "./context.js";
import { submitTask$ } from "./submission.js";

type List = "pre_process" | "pre_batch" | "pre_run" | "post_run" | "post_batch" | "post_process";

/** Lists that prepare for runs. A draining ensemble does no more of their tasks, since it starts no more runs. */
const PREPARING: ReadonlySet<List> = new Set<List>(["pre_process", "pre_batch"]);

/** The owner of a list of tasks: a run, a batch, or the ensemble. */
export interface TaskOwner {
  readonly ids: Partial<InRun>;
  /** The cycle, if the owner is a batch. */
  readonly cycle?: number;
  /** What earlier starts did of the tasks. */
  readonly past?: Tasks | undefined;
}

/** Does the tasks of a list in order. The first failure that counts abandons the rest of the list and its owner. */
export const tasks$ = (
  context: Context,
  list: List,
  tasks: readonly Task[],
  place: Place,
  { ids, cycle, past }: TaskOwner = { ids: {} },
): Observable<Fact> =>
  concat(
    ...tasks.flatMap((task, index) => {
      const name = `${list}[${index}]`;
      const before = past?.get(name);
      if (before?.name === task.name && before.state === "done") return [];
      return [
        PREPARING.has(list) ? unlessDraining$(context) : EMPTY,
        task$(context, { task, place, ids: { ...ids, task: name, name: task.name }, cycle, past: before }),
      ];
    }),
  );

/** A task, its owner, and what earlier starts did of the task. */
interface Step {
  readonly task: Task;
  readonly place: Place;
  readonly ids: InTask;
  readonly cycle: number | undefined;
  readonly past: TaskHistory | undefined;
}

const task$ = (context: Context, step: Step): Observable<Fact> =>
  defer(() => {
    const { task, ids, past } = step;
    // The task failed in an earlier start, which died before it recorded the failure of the owner. The owner fails now.
    if (past?.failure !== undefined && !ignores(task, past.failure))
      return abandon$({ ...past.failure, task: ids.task });
    const notes: Notes = { looks: 0 };
    return concat(
      of<Fact>({ type: "task.started", ...ids, ...(past !== undefined && { start: past.start }) }),
      past?.failure === undefined ? work$(context, step, notes).pipe(deadline(task.timeout)) : abandon$(past.failure),
    ).pipe(
      endWithOutcome(
        (end) => ({
          ...{ type: "task.finished", ...ids, ...noted(notes) },
          ...(!end.ok && ignores(task, end.failure) && { ignored: true }),
          ...end,
        }),
        { rethrow: true },
      ),
      catchError((error: unknown) => {
        if (!(error instanceof Abandon)) return throwError(() => error);
        return ignores(task, error.failure) ? EMPTY : throwError(() => withTask(error, ids.task));
      }),
    );
  });

/** Whether what follows the task goes on after this failure. */
const ignores = (task: Task, failure: Failure): boolean =>
  task.name === "execute" && task.args.ignore_failure === true && isIgnorable(failure);

/** What `task.finished` reports of the work. */
interface Notes {
  looks: number;
  copied?: Copied;
  message?: string;
}

const noted = ({ looks, ...others }: Notes): Partial<Notes> => ({ ...(looks > 0 && { looks }), ...others });

const work$ = (context: Context, step: Step, notes: Notes): Observable<Fact> => {
  const { task, place, ids, past } = step;
  const claim = claimIn(thisStart(context), step);
  switch (task.name) {
    case "submit":
      return submitTask$(context, task.args, { place, ids, past, tokenIn: (start) => claimIn(start, step) });
    case "execute":
    case "move":
    case "remove": {
      const fresh$ = concat(
        past === undefined ? EMPTY : of<Fact>({ type: "task.started", ...ids }),
        context.effects.commit$(),
        defer(() => context.effects.perform$(task, place, claim)).pipe(
          tap((result) => {
            if (!result.holds) return;
            const { holds: _, ...others } = result;
            Object.assign(notes, others);
          }),
          ignoreElements(),
          retryWhileFull(
            context.settings.error_timeout,
            ({ message }): Fact => ({ type: "task.waiting", message, ...ids }),
          ),
        ),
      );
      return past === undefined ? fresh$ : recoverTask$(context, step, task, past, fresh$);
    }
    case "check":
    case "jobs":
    case "quota":
      if (!context.settings.checks) return EMPTY;
      return pollCheck$(context.effects.perform$(task, place, claim), context.settings.check_timeout, ids, notes);
  }
};

/**
 * Recovers a task that an earlier start may have done or left running. `move` and `remove` can be repeated. A command
 * with an unknown result is repeated only if it is `idempotent`; otherwise the task fails with reason `interrupted`.
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
    concatMap((result) => {
      if (result === undefined || task.name !== "execute") return fresh$;
      const { cmd, idempotent } = task.args;
      if (result !== "unknown") {
        if (stale) return fresh$;
        return result.status === 0 ? EMPTY : abandon$({ reason: "command", command: cmd, output: "", ...result });
      }
      return idempotent ? fresh$ : abandon$({ reason: "interrupted", command: cmd });
    }),
  );

/** Polls a check until it holds. Emits the reason for waiting once, and again when it changes. */
const pollCheck$ = (result$: Observable<CheckResult>, every: number, ids: InTask, notes: Notes): Observable<Fact> =>
  defer(() => {
    let lastMessage: string | undefined;
    return result$.pipe(
      repeat({ delay: () => after(every) }),
      takeWhile((result) => {
        notes.looks += 1;
        return !result.holds;
      }),
      concatMap((result): Observable<Fact> => {
        if (result.message === lastMessage) return EMPTY;
        lastMessage = result.message;
        return of({ type: "task.waiting", message: result.message, ...ids });
      }),
    );
  });

const claimIn = (start: number, { ids, cycle }: Pick<Step, "ids" | "cycle">): string =>
  claimOf(start, ids.task, { ...(cycle !== undefined && { cycle }), ...ids });

/** Adds the task that failed to its failure. */
const withTask = (error: Abandon, task: string): Abandon => new Abandon({ ...error.failure, task });
