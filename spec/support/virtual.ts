/** The stream in virtual time: a world made of timers, plans to put into it, and what it told and when. */
import { asyncScheduler, defer, EMPTY, map, NEVER, Observable, of, type Subscription, timer } from "rxjs";
import { TestScheduler } from "rxjs/testing";
import { expect } from "vitest";
import type { Backend, JobReport, JobRequest } from "../../lib/effects/backend.js";
import type { CheckResult, Effects, Place, WorldTask } from "../../lib/effects/effects.js";
import type { Stop } from "../../lib/effects/stop.js";
import type { Fact } from "../../lib/events/event.js";
import { Abandon, type Ending, type Failure } from "../../lib/events/failure.js";
import { emptyHistory, type History } from "../../lib/history/history.js";
import { type Batch, type Ensemble, type Run, type Task } from "../../lib/plan/plan.js";
import { DEFAULTS, type Settings } from "../../lib/plan/settings.js";
import type { Context } from "../../lib/stream/context.js";

/** A fact and the virtual millisecond in which it was told. */
export type Told = Fact & { readonly at: number };

/** A scheduler of virtual time whose marbles are compared as vitest compares. */
export const virtual = (): TestScheduler => new TestScheduler((actual, expected) => expect(actual).toEqual(expected));

/** Half a year: no spec plays for so long. */
const FAR_MS = 183 * 86_400_000;

/** Plays a stream to its end in virtual time. `meddle` may end it, whenever it likes. */
export const play = (
  stream: () => Observable<Fact>,
  meddle: (playing: Subscription, told: readonly Told[]) => void = () => undefined,
): readonly Told[] => {
  const told: Told[] = [];
  virtual().run(({ flush }) => {
    const playing = hear(stream(), (fact) => told.push({ ...fact, at: asyncScheduler.now() }));
    // What goes on for ever must fail its spec, and not hang it.
    hear(timer(FAR_MS), () => {
      const goesOn = !playing.closed;
      playing.unsubscribe();
      expect(goesOn, "the stream has not come to its end").toBe(false);
    });
    meddle(playing, told);
    flush();
  });
  return told;
};

/** Subscribes. An error that the spec does not await fails it. */
export const hear = <T>(stream: Observable<T>, next: (value: T) => void = () => undefined): Subscription =>
  stream.subscribe({
    next,
    error: (error: unknown) => {
      throw error as Error;
    },
  });

/** Those of one type. */
export const only = <T extends Fact["type"]>(told: readonly Fact[], type: T): readonly (Told & { type: T })[] =>
  told.filter((fact) => fact.type === type) as (Told & { type: T })[];

/** How many there were at most at the same time. */
export const most = (told: readonly Fact[], up: Fact["type"], down: Fact["type"]): number => {
  let [now, peak] = [0, 0];
  for (const { type } of told) {
    if (type === up) peak = Math.max(peak, ++now);
    if (type === down) now -= 1;
  }
  return peak;
};

/** The types of what was told, in order, in a word each. */
export const types = (told: readonly Fact[]): readonly string[] => told.map(({ type }) => type);

export const runsOf = (batch: string, count: number): readonly Run[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `${batch}-${index}`,
    index,
    directory: `/scratch/${batch}-${index}`,
    own: {},
  }));

/** A batch of six runs, three at once, two jobs at once; `runs` may be a number. */
export const batchOf = ({
  runs = 6,
  ...over
}: Partial<Omit<Batch, "runs">> & { readonly runs?: number } = {}): Batch => {
  const name = over.name ?? "b";
  return {
    name,
    basedir: "/work",
    templatedir: "/template",
    templates: [],
    job_file: "job.sh",
    maxruns: 3,
    maxjobs: 2,
    repeat: false,
    after: [],
    post_run_on_failure: false,
    guard: true,
    undefined: "error",
    template_engine: "builtin",
    allow_remove: [],
    pre_batch: [],
    pre_run: [],
    post_run: [],
    post_batch: [],
    shared: {},
    extra: {},
    runs: runsOf(name, runs),
    ...over,
  };
};

export const planOf = (batches: readonly Batch[], over: Partial<Ensemble> = {}): Ensemble => ({
  name: "e",
  configuration: "e.yaml",
  directory: "/start",
  vars: {},
  pre_process: [],
  post_process: [],
  batches,
  ...over,
});

export const execute: Task = { name: "execute", args: { cmd: "true" } };

export const check: Task = { name: "check", args: { cmd: "true" } };

export const goOn: Stop = { draining: () => false, drain$: NEVER, now$: NEVER };

/** Nobody waits before a submission, unless a spec says so: there is no chance in them. */
export const settingsOf = (over: Partial<Settings> = {}): Settings => ({ ...DEFAULTS, max_stagger: 0, ...over });

/** What a spec says of the world: how tasks go, and where the backend is another than a calm one. */
export interface World extends Partial<Omit<Effects, "backend">> {
  readonly backend?: Partial<Backend>;
}

/** Every task takes 5 ms and holds, a hand-over 1 ms, a job 100 ms. Preparing takes no time. */
export const effectsOf = ({ backend, ...over }: World = {}): Effects => ({
  backend: { ...calm, ...backend },
  open$: () => EMPTY,
  check$: () => EMPTY,
  vacant$: () => EMPTY,
  prepare$: () => EMPTY,
  reattach$: () => EMPTY,
  commit$: () => EMPTY,
  perform$: () => holding$(5),
  ...over,
});

export const sceneOf = (
  plan: Ensemble,
  world: World = {},
  {
    stop = goOn,
    past = emptyHistory(),
    ...settings
  }: Partial<Settings> & { readonly stop?: Stop; readonly past?: History } = {},
): Context => ({ plan, settings: settingsOf(settings), effects: effectsOf(world), past, stop });

/** A scheduler that has no jobs but ours, and never counts them. */
const calm: Backend = {
  name: "virtual",
  submit$: ({ name }: JobRequest) => timer(1).pipe(map(() => ({ job: `j-${name}` }))),
  adopt$: () => EMPTY,
  watch$: () => ending$(100),
  count$: () => of(0),
};

/** A task that is done, or a check that holds, after so many milliseconds. */
export const holding$ = (ms: number): Observable<CheckResult> =>
  timer(ms).pipe(map((): CheckResult => ({ holds: true })));

export const notYet = (message: string): CheckResult => ({ holds: false, message });

/** Work that fails after so many milliseconds. */
export const failing$ = (failure: Failure, ms = 5): Observable<never> =>
  timer(ms).pipe(
    map((): never => {
      throw new Abandon(failure);
    }),
  );

/** A job that ends after so many milliseconds. */
export const ending$ = (ms: number, failure?: Failure & { readonly reason: "job" }): Observable<JobReport> =>
  timer(ms).pipe(map((): JobReport => ({ state: "ended", ...(failure && { failure }) })));

/** Never ends; tells when it is let go of. */
export const held$ = (letGo: () => void): Observable<never> => new Observable(() => letGo);

const ended: Ending = { status: 1, signal: null };

export const wrong: Failure = { reason: "command", command: "false", output: "", ...ended };
export const refuses: Failure = { reason: "check", command: "false", output: "", ...ended };

export const jobFailed: Failure & { readonly reason: "job" } = { reason: "job", cause: "failed", ...ended };
export const diskFull: Failure = { reason: "storage", path: "/work", code: "ENOSPC", message: "no space left" };

/** How tasks go, by the list and place they stand at; by default they are done after 5 ms. */
export const doing =
  (steps: Readonly<Record<string, (place: Place, task: WorldTask) => Observable<CheckResult>>>): Effects["perform$"] =>
  (task, place, claim) =>
    defer(() => steps[claim.replace(/.*\./, "")]?.(place, task) ?? holding$(5));

/** Told to drain, and to let go, after so many milliseconds: the first is remembered, neither is told twice. */
export const stopAt = ({ drain, now }: { readonly drain?: number; readonly now?: number }): Stop => ({
  draining: () => drain !== undefined && asyncScheduler.now() >= drain,
  drain$: drain === undefined ? NEVER : timer(drain).pipe(map(() => "SIGINT")),
  now$: now === undefined ? NEVER : timer(now).pipe(map(() => "SIGTERM")),
});
