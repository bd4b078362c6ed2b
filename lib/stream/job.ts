/** A job: wait for the scheduler's leave, hand over, watch to the end. */
import { concat, concatMap, defer, EMPTY, ignoreElements, map, type Observable, of, repeat, takeWhile } from "rxjs";
import type { JobReport, JobRequest, Place, RunPlace } from "../effects.js";
import type { Fact, InRun, InTask } from "../event.js";
import { after } from "../operators/after.js";
import { closing } from "../operators/closing.js";
import { orElse } from "../operators/or-else.js";
import { resolved } from "../reference.js";
import type { JobStanding, TaskStanding } from "../standing.js";
import { Float, Timestamp, type Value } from "../values.js";
import { abandon$, claimOf, type Scene, thisStart } from "./scene.js";

/**
 * The run's own job, from the wait for its turn to its end; one that an earlier start has handed over is looked for
 * first. Fails as `job`.
 */
export const job$ = (
  scene: Scene,
  { batch, run }: RunPlace,
  script: string,
  here: InRun,
  past: JobStanding | undefined,
): Observable<Fact> => {
  const under = (start: number): JobRequest => ({
    ...{ name: run.id, script, directory: run.directory, watched: true, token: claimOf(start, "job", here) },
  });
  const fresh$ = concat(
    // The ids of its runs begin so, and those of a batch whose name only begins like its name do not.
    room$(scene, `${batch.name}-`, batch.maxjobs, here),
    stagger$(scene.settings.max_stagger),
    submit$(scene, under(thisStart(scene)), here),
  );
  return (past === undefined ? fresh$ : adopted$(scene, under(past.start), here, past).pipe(orElse(fresh$))).pipe(
    concatMap((fact) => (fact.type === "job.submitted" ? concat(of(fact), watch$(scene, fact.job, here)) : of(fact))),
  );
};

/** The job of an earlier start, if there is one. */
const adopted$ = (scene: Scene, request: JobRequest, here: Where, { start, id }: Earlier): Observable<Fact> =>
  scene.effects.backend
    .adopt$(request, { boot: scene.past.boots[start] ?? "", ...(id !== undefined && { id }) })
    .pipe(map((job): Fact => ({ type: "job.submitted", job, ...here })));

type Where = Partial<InRun> & { readonly task?: string };
type Earlier = Pick<JobStanding, "start" | "id">;

/** A `submit` task. */
export interface Extra {
  readonly place: Place;
  readonly here: InTask;
  /** What an earlier start has done of it. */
  readonly past: TaskStanding | undefined;
  /** The name of its claim in a start of the ensemble. */
  readonly claimIn: (start: number) => string;
}

/** One more job, for a `submit` task: handed over and not waited for. Without a script there is nothing to hand over. */
export const extraJob$ = (
  scene: Scene,
  args: { readonly script?: string },
  { place, here, past, claimIn }: Extra,
): Observable<Fact> =>
  defer(() => {
    const { script } = resolved(args, place.variables);
    if (script === undefined) return EMPTY;
    const { name: _, ...inTask } = here;
    const name = place.run?.id ?? place.batch?.name ?? scene.plan.name;
    const under = (start: number): JobRequest => ({
      ...{ name, script: text(script), directory: place.directory, watched: false, token: claimIn(start) },
    });
    const fresh$ = concat(stagger$(scene.settings.max_stagger), submit$(scene, under(thisStart(scene)), inTask));
    if (past === undefined) return fresh$;
    if (past.job !== undefined) return EMPTY;
    return adopted$(scene, under(past.start), inTask, past).pipe(orElse(fresh$));
  });

/** What a reference stands for may be any value, a number or a date say. */
const text = (value: Value): string =>
  typeof value !== "object" || value instanceof Float || value instanceof Timestamp
    ? String(value)
    : JSON.stringify(value);

/** The intent, then the hand-over, then its receipt. */
const submit$ = (scene: Scene, request: JobRequest, here: Where): Observable<Fact> =>
  concat(
    of<Fact>({ type: "job.submitting", script: request.script, ...here }),
    scene.effects.commit$(),
    defer(() => scene.effects.backend.submit$(request)).pipe(
      map((job): Fact => ({ type: "job.submitted", job, ...here })),
    ),
  );

/** Waits until the scheduler has fewer jobs of this batch than `maxjobs`: there may be others than ours. */
const room$ = (scene: Scene, match: string, limit: number, here: InRun): Observable<Fact> => {
  if (!scene.settings.checks) return EMPTY;
  return scene.effects.backend.count$(match).pipe(
    repeat({ delay: () => after(scene.settings.check_timeout) }),
    takeWhile((count) => count >= limit),
    map((): Fact => ({ type: "run.waiting", because: "maxjobs", ...here })),
  );
};

/** A random wait, so that a hundred runs do not all knock at the scheduler's door in the same moment. */
const stagger$ = (longest: number): Observable<never> =>
  longest > 0 ? defer(() => after(Math.random() * longest)).pipe(ignoreElements()) : EMPTY;

/** A backend that stops telling of a job before it has ended does not know how it went. */
const LOST: JobReport = {
  state: "ended",
  failure: { reason: "job", cause: "lost", message: "the backend no longer tells of it" },
};

const watch$ = (scene: Scene, job: string, here: InRun): Observable<Fact> =>
  concat(scene.effects.backend.watch$(job), of(LOST)).pipe(
    takeWhile(({ state }) => state !== "ended", true),
    concatMap((report: JobReport): Observable<Fact> => {
      if (report.state !== "ended") return of({ type: "job.changed", job, state: report.state, ...here });
      return report.failure === undefined ? EMPTY : abandon$(report.failure);
    }),
    closing((end) => ({ type: "job.finished", job, ...here, ...end }), true),
  );
