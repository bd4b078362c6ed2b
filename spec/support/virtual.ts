/** The stream in virtual time: effects made of timers, plans for them, and the facts with their times. */
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

/** A fact with the virtual millisecond in which the stream emitted it. */
export type TimedFact = Fact & { readonly at: number };

/** A scheduler of virtual time that compares marbles as vitest compares values. */
export const virtual = (): TestScheduler => new TestScheduler((actual, expected) => expect(actual).toEqual(expected));

/** Half a year: no spec lasts that long. */
const FAR_MS = 183 * 86_400_000;

/** Plays a stream to its end in virtual time. `interfere` may unsubscribe from it at any time. */
export const play = (
  stream: () => Observable<Fact>,
  interfere: (playing: Subscription, events: readonly TimedFact[]) => void = () => undefined,
): readonly TimedFact[] => {
  const events: TimedFact[] = [];
  virtual().run(({ flush }) => {
    const playing = subscribe(stream(), (fact) => events.push({ ...fact, at: asyncScheduler.now() }));
    // A stream that never ends must fail its spec, and not hang it.
    subscribe(timer(FAR_MS), () => {
      const running = !playing.closed;
      playing.unsubscribe();
      expect(running, "the stream has not ended").toBe(false);
    });
    interfere(playing, events);
    flush();
  });
  return events;
};

/** Subscribes to a stream whose error fails the spec. */
export const subscribe = <T>(stream: Observable<T>, next: (value: T) => void = () => undefined): Subscription =>
  stream.subscribe({
    next,
    error: (error: unknown) => {
      throw error as Error;
    },
  });

/** The facts of one type. */
export const only = <T extends Fact["type"]>(events: readonly Fact[], type: T): readonly (TimedFact & { type: T })[] =>
  events.filter((fact) => fact.type === type) as (TimedFact & { type: T })[];

/** The most that were in progress at the same time. `up` and `down`: the types of the events that start and end one. */
export const peak = (events: readonly Fact[], up: Fact["type"], down: Fact["type"]): number => {
  let [now, peak] = [0, 0];
  for (const { type } of events) {
    if (type === up) peak = Math.max(peak, ++now);
    if (type === down) now -= 1;
  }
  return peak;
};

/** The types of facts, in order. */
export const types = (events: readonly Fact[]): readonly string[] => events.map(({ type }) => type);

export const runsOf = (batch: string, count: number): readonly Run[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `${batch}-${index}`,
    index,
    directory: `/scratch/${batch}-${index}`,
    own: {},
  }));

/** A batch of six runs, three at once, two jobs at once. */
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
    needs: [],
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

export const neverStop: Stop = { draining: () => false, drain$: NEVER, now$: NEVER };

/** Settings without the random wait before a submission. */
export const settingsOf = (over: Partial<Settings> = {}): Settings => ({ ...DEFAULTS, max_stagger: 0, ...over });

/** The effects that a spec replaces, and the methods of the backend that it replaces. */
export interface World extends Partial<Omit<Effects, "backend">> {
  readonly backend?: Partial<Backend>;
}

/** Effects in which a task takes 5 ms and holds, a submission takes 1 ms, a job 100 ms, and preparing no time. */
export const effectsOf = ({ backend, ...over }: World = {}): Effects => ({
  backend: { ...idleBackend, ...backend },
  open$: () => EMPTY,
  check$: () => EMPTY,
  vacant$: () => EMPTY,
  prepare$: () => EMPTY,
  reattach$: () => EMPTY,
  commit$: () => EMPTY,
  perform$: () => holding$(5),
  ...over,
});

export const contextOf = (
  plan: Ensemble,
  world: World = {},
  {
    stop = neverStop,
    past = emptyHistory(),
    ...settings
  }: Partial<Settings> & { readonly stop?: Stop; readonly past?: History } = {},
): Context => ({ plan, settings: settingsOf(settings), effects: effectsOf(world), past, stop });

/** A scheduler without jobs of other programs: it always counts 0. */
const idleBackend: Backend = {
  name: "virtual",
  submit$: ({ name }: JobRequest) => timer(1).pipe(map(() => ({ job: `j-${name}` }))),
  adopt$: () => EMPTY,
  watch$: () => ending$(100),
  count$: () => of(0),
};

/** A task that is done, or a check that holds, after `ms`. */
export const holding$ = (ms: number): Observable<CheckResult> =>
  timer(ms).pipe(map((): CheckResult => ({ holds: true })));

export const notYet = (message: string): CheckResult => ({ holds: false, message });

/** Work that fails after `ms`. */
export const failing$ = (failure: Failure, ms = 5): Observable<never> =>
  timer(ms).pipe(
    map((): never => {
      throw new Abandon(failure);
    }),
  );

/** A job that ends after `ms`. */
export const ending$ = (ms: number, failure?: Failure & { readonly reason: "job" }): Observable<JobReport> =>
  timer(ms).pipe(map((): JobReport => ({ state: "ended", ...(failure && { failure }) })));

/** Work that never ends, and calls `onUnsubscribe` when it is unsubscribed from. */
export const neverEnding$ = (onUnsubscribe: () => void): Observable<never> => new Observable(() => onUnsubscribe);

const ended: Ending = { status: 1, signal: null };

export const commandFailed: Failure = { reason: "command", command: "false", output: "", ...ended };
export const checkFailed: Failure = { reason: "check", command: "false", output: "", ...ended };

export const jobFailed: Failure & { readonly reason: "job" } = { reason: "job", cause: "failed", ...ended };
export const diskFull: Failure = { reason: "storage", path: "/work", code: "ENOSPC", message: "no space left" };

/** The results of tasks, by list and index; by default a task is done after 5 ms. */
export const doing =
  (steps: Readonly<Record<string, (place: Place, task: WorldTask) => Observable<CheckResult>>>): Effects["perform$"] =>
  (task, place, claim) =>
    defer(() => steps[claim.replace(/.*\./, "")]?.(place, task) ?? holding$(5));

/** A stop that drains after `drain` and lets go after `now` milliseconds. */
export const stopAt = ({ drain, now }: { readonly drain?: number; readonly now?: number }): Stop => ({
  draining: () => drain !== undefined && asyncScheduler.now() >= drain,
  drain$: drain === undefined ? NEVER : timer(drain).pipe(map(() => "SIGINT")),
  now$: now === undefined ? NEVER : timer(now).pipe(map(() => "SIGTERM")),
});
