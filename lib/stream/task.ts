/** The tasks of a `pre_…` or `post_…` list, one after the other. */
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  ignoreElements,
  type Observable,
  of,
  repeat,
  takeWhile,
  throwError,
} from "rxjs";
import type { Look, Place } from "../effects.js";
import type { Fact, InRun, InTask } from "../event.js";
import { Abandon } from "../failure.js";
import { after } from "../operators/after.js";
import { closing } from "../operators/closing.js";
import { giveUp } from "../operators/give-up.js";
import type { Task } from "../plan.js";
import { extraJob$ } from "./job.js";
import { type Scene, unlessDraining$ } from "./scene.js";

type List = "pre_process" | "pre_batch" | "pre_run" | "post_run" | "post_batch" | "post_process";

/** Lists that make ready for runs: once no run is to start, there is nothing to make ready for. */
const PREPARING: ReadonlySet<List> = new Set<List>(["pre_process", "pre_batch"]);

/** Does the tasks of a list in order. The first that fails abandons the rest, and whatever they are part of. */
export const tasks$ = (
  scene: Scene,
  list: List,
  tasks: readonly Task[],
  place: Place,
  here: Partial<InRun> = {},
): Observable<Fact> =>
  concat(
    ...tasks.flatMap((task, index) => [
      PREPARING.has(list) ? unlessDraining$(scene) : EMPTY,
      task$(scene, task, place, { ...here, task: `${list}[${index}]`, name: task.name }),
    ]),
  );

const task$ = (scene: Scene, task: Task, place: Place, here: InTask): Observable<Fact> =>
  defer(() => {
    const looks = { made: 0 };
    return concat(
      of<Fact>({ type: "task.started", ...here }),
      work$(scene, task, place, here, looks).pipe(giveUp(task.timeout)),
    ).pipe(
      closing(
        (end) => ({ type: "task.finished", ...here, ...(looks.made > 0 && { looks: looks.made }), ...end }),
        true,
      ),
      catchError((error: unknown) => throwError(() => (error instanceof Abandon ? blaming(error, here.task) : error))),
    );
  });

const work$ = (scene: Scene, task: Task, place: Place, here: InTask, looks: { made: number }): Observable<Fact> => {
  switch (task.name) {
    case "submit":
      return extraJob$(scene, task.args, place, here);
    case "execute":
    case "move":
    case "remove":
      return scene.effects.perform$(task, place, here.task).pipe(ignoreElements());
    case "check":
    case "jobs":
    case "quota":
      if (!scene.settings.checks) return EMPTY;
      return check$(scene.effects.perform$(task, place, here.task), scene.settings.check_timeout, here, looks);
  }
};

/** Looks again and again until it holds. The reason for waiting is told once, and again when it changes. */
const check$ = (look$: Observable<Look>, every: number, here: InTask, looks: { made: number }): Observable<Fact> =>
  defer(() => {
    let told: string | undefined;
    return look$.pipe(
      repeat({ delay: () => after(every) }),
      takeWhile((look) => {
        looks.made += 1;
        return !look.holds;
      }),
      concatMap((look): Observable<Fact> => {
        if (look.because === told) return EMPTY;
        told = look.because;
        return of({ type: "task.waiting", because: look.because, ...here });
      }),
    );
  });

/** The same failure, with the task that gave it. */
const blaming = (error: Abandon, task: string): Abandon => new Abandon({ ...error.failure, task });
