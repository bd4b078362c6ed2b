import { concat, defer, EMPTY, ignoreElements, map, NEVER, of, Subject, throwError, timer } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Stop } from "../../lib/effects/stop.js";
import type { BackendNotice, Fact } from "../../lib/events/event.js";
import { Abandon } from "../../lib/events/failure.js";
import type { Batch, Ensemble } from "../../lib/plan/plan.js";
import { ensemble$ } from "../../lib/stream/ensemble.js";
import {
  batchOf,
  check,
  checkFailed,
  commandFailed,
  contextOf,
  doing,
  execute,
  failing$,
  neverEnding$,
  neverStop,
  only,
  planOf,
  play,
  stopAt,
  subscribe,
  types,
  type World,
} from "../support/virtual.js";

const played = (plan: Ensemble, world: World = {}, stop: Stop = neverStop) =>
  play(() => ensemble$(contextOf(plan, world, { stop })));

const whole = (over: Partial<Ensemble> = {}) =>
  planOf([batchOf()], { pre_process: [execute], post_process: [execute], ...over });

/** Expects `ensemble.finished` once, and last. */
const expectOneEnd = (events: readonly Fact[]) => {
  expect(types(events).filter((type) => type === "ensemble.finished")).toHaveLength(1);
  expect(events.at(-1)?.type).toBe("ensemble.finished");
};

describe("an ensemble", () => {
  it("ensemble.started comes first and describes the ensemble", () => {
    const plan = planOf([batchOf({ name: "a", runs: 4 }), batchOf({ name: "z", runs: 0, after: ["a"] })], {
      pre_process: [execute],
    });
    expect(played(plan)[0]).toEqual({
      type: "ensemble.started",
      ensemble: "e",
      configuration: "e.yaml",
      backend: "virtual",
      pre_process: 1,
      post_process: 0,
      batches: [
        { batch: "a", runs: 4, maxruns: 3, maxjobs: 2, after: [] },
        { batch: "z", runs: 0, maxruns: 3, maxjobs: 2, after: ["a"] },
      ],
      at: 0,
    });
  });

  it("an ensemble does pre_process before all batches and post_process after them", () => {
    const events = played(whole());
    expect(only(events, "task.finished").map(({ task, at }) => [task, at])).toEqual([
      ["pre_process[0]", 5],
      ["post_process[0]", 5 + 3 * 101 + 5],
    ]);
    expect(only(events, "batch.started")).toMatchObject([{ at: 5 }]);
    expect(events.at(-1)).toEqual({
      type: "ensemble.finished",
      ensemble: "e",
      succeeded: 6,
      failed: 0,
      skipped: 0,
      interrupted: 0,
      ok: true,
      elapsed_s: 0.313,
      at: 313,
    });
  });

  it("an ensemble without batches does its own tasks", () => {
    const events = played(planOf([], { pre_process: [execute] }));
    expect(events.at(-1)).toMatchObject({ ok: true, succeeded: 0 });
    expectOneEnd(played(planOf([])));
  });

  it("an ensemble whose pre_process fails does nothing else", () => {
    const events = played(whole({ pre_process: [execute, execute] }), { perform$: () => failing$(commandFailed) });
    expect(types(events)).toEqual(["ensemble.started", "task.started", "task.finished", "ensemble.finished"]);
    expect(events.at(-1)).toMatchObject({
      ok: false,
      failure: { ...commandFailed, task: "pre_process[0]" },
      interrupted: 6,
    });
  });

  it("an ensemble whose post_process fails has failed", () => {
    const events = played(whole(), { perform$: doing({ "post_process[0]": () => failing$(commandFailed) }) });
    expect(events.at(-1)).toMatchObject({ ok: false, succeeded: 6, failure: { task: "post_process[0]" } });
  });

  it("an ensemble does post_process although runs failed, and then fails", () => {
    const events = played(whole(), { prepare$: () => failing$(commandFailed) });
    expect(only(events, "task.finished").at(-1)).toMatchObject({ task: "post_process[0]", ok: true });
    expect(events.at(-1)).toMatchObject({ ok: false, failed: 6, failure: { reason: "parts", runs: 6, batches: 0 } });
  });

  it("an ensemble checks the templates after pre_process, except those of batches with a pre_batch", () => {
    const checked: string[][] = [];
    const check$: NonNullable<World["check$"]> = (batches) =>
      defer(() => {
        checked.push(batches.map(({ name }) => name));
        return EMPTY;
      });
    const plan = whole({
      batches: [batchOf({ name: "a" }), batchOf({ name: "m", pre_batch: [execute] }), batchOf({ name: "z" })],
    });
    played(plan, { check$ });
    expect(checked[0]).toEqual(["a", "z"]);
    expect(checked.slice(1).flat().toSorted()).toEqual(["a", "m", "z"]);
    const failure = { reason: "template", file: "x.liquid", message: "no" } as const;
    const events = played(plan, { check$: () => failing$(failure) });
    expect(types(events)).not.toContain("batch.started");
    expect(events.at(-1)).toMatchObject({ ok: false, failure });
  });

  it("an ensemble is cold: every subscription starts it from its first event", () => {
    const stream = ensemble$(contextOf(whole()));
    expect(play(() => stream)).toEqual(play(() => stream));
  });
});

describe("notices of the scheduler", () => {
  const noted = { type: "backend.noted", message: "jobs are taken for at most 48 hours" } as const;
  const silent = { type: "backend.silent", message: "squeue does not answer" } as const;
  const answered = { type: "backend.answered" } as const;

  it("notices are emitted while the ensemble lasts, and do not delay its end", () => {
    const notice$ = concat(
      of(noted),
      timer(50).pipe(map(() => silent)),
      timer(25).pipe(map(() => answered)),
      timer(10_000).pipe(map(() => silent)),
    );
    const events = played(planOf([batchOf({ runs: 1 })]), { backend: { notice$ } });
    expect(types(events)[0]).toBe("ensemble.started");
    expect(events.filter(({ type }) => type.startsWith("backend."))).toEqual([
      { ...noted, at: 0 },
      { ...silent, at: 50 },
      { ...answered, at: 75 },
    ]);
    expect(events.at(-1)).toMatchObject({ ok: true, at: 101 });
    expectOneEnd(events);
  });

  it("notices are subscribed to from the first task until the ensemble ends", () => {
    const notice$ = new Subject<BackendNotice>();
    const perform$ = () => defer(() => (notice$.next(silent), of({ holds: true as const })));
    const events = played(whole({ batches: [] }), { perform$, backend: { notice$ } });
    expect(only(events, "backend.silent")).toHaveLength(2);
    expect(notice$.observed).toBe(false);
    const stopped = played(whole(), { backend: { notice$ } }, stopAt({ now: 60 }));
    expect(stopped.at(-1)).toMatchObject({ at: 60, ok: false });
    expect(notice$.observed).toBe(false);
  });

  it("notices may complete long before the ensemble does", () => {
    const events = played(planOf([batchOf({ runs: 1 })]), { backend: { notice$: of(noted) } });
    expect(only(events, "run.finished")).toMatchObject([{ ok: true }]);
    expectOneEnd(events);
  });
});

describe("an ensemble that is told to drain", () => {
  const slow = () => planOf([batchOf({ pre_batch: [execute], post_batch: [execute] })], { post_process: [execute] });

  it("an ensemble that drains starts nothing new, submits no job, and waits for the jobs in progress", () => {
    const events = played(slow(), {}, stopAt({ drain: 50 }));
    expect(only(events, "ensemble.stopping")).toEqual([
      { type: "ensemble.stopping", how: "drain", message: "SIGINT", at: 50 },
    ]);
    expect(only(events, "run.finished").map(({ run, ok }) => [run, ok])).toEqual([
      ["b-0", true],
      ["b-1", true],
    ]);
    expect(only(events, "job.submitting")).toHaveLength(2);
    expect(only(events, "run.skipped").map(({ run, because }) => [run, because])).toEqual([
      ["b-3", "stopping"],
      ["b-4", "stopping"],
      ["b-5", "stopping"],
      ["b-2", "stopping"],
    ]);
    expect(only(events, "task.started").map(({ task }) => task)).toEqual(["pre_batch[0]"]);
    expect(only(events, "batch.finished")).toMatchObject([{ ok: false, failure: { reason: "interrupted" } }]);
    expect(events.at(-1)).toMatchObject({
      ok: false,
      failure: { reason: "interrupted" },
      succeeded: 2,
      skipped: 0,
      interrupted: 4,
    });
    expectOneEnd(events);
  });

  it("a run without a job gets none while it waits for its tasks, for the scheduler or for its turn, nor a post_run", () => {
    const post_run_on_failure = true;
    const waiting = (world: World, over: Partial<Omit<Batch, "runs">> = {}) =>
      played(
        planOf([batchOf({ runs: 1, post_run: [execute], post_run_on_failure, ...over })]),
        world,
        stopAt({ drain: 3 }),
      );
    const full: World = { backend: { count$: () => of(9) } };
    for (const events of [waiting({}, { pre_run: [execute] }), waiting(full, { pre_run: [] })]) {
      expect(only(events, "job.submitting")).toEqual([]);
      expect(only(events, "task.started").map(({ task }) => task)).not.toContain("post_run[0]");
      expect(only(events, "run.skipped")).toMatchObject([{ run: "b-0", because: "stopping" }]);
      expect(events.at(-1)).toMatchObject({ ok: false, failed: 0, interrupted: 1 });
    }
  });

  it("an ensemble that drains during pre_process ends after the present task", () => {
    const events = played(whole({ pre_process: [execute, execute] }), {}, stopAt({ drain: 3 }));
    expect(types(events)).toEqual([
      "ensemble.started",
      "task.started",
      "ensemble.stopping",
      "task.finished",
      "ensemble.finished",
    ]);
    expect(events.at(-1)).toMatchObject({ failure: { reason: "interrupted" }, interrupted: 6, at: 5 });
  });

  it("an ensemble that drains during the last task of pre_process checks no templates", () => {
    let checked = false;
    const check$ = () =>
      defer(() => {
        checked = true;
        return EMPTY;
      });
    played(whole(), { check$ }, stopAt({ drain: 3 }));
    expect(checked).toBe(false);
  });

  it("an ensemble that is told to drain before it starts does nothing", () => {
    const stop: Stop = { draining: () => true, drain$: of("SIGINT"), now$: NEVER };
    expect(types(played(whole(), {}, stop))).toEqual(["ensemble.started", "ensemble.stopping", "ensemble.finished"]);
  });

  it("an ensemble that drains finishes a post_batch that has started", () => {
    const plan = planOf([batchOf({ runs: 1, post_batch: [execute, execute] })]);
    const events = played(plan, {}, stopAt({ drain: 103 }));
    expect(only(events, "task.finished").map(({ task }) => task)).toEqual(["post_batch[0]", "post_batch[1]"]);
    expect(only(events, "batch.finished")).toMatchObject([{ ok: true }]);
  });

  it("a signal after the end of an ensemble emits nothing", () => {
    const events = played(planOf([batchOf({ runs: 1 })]), {}, stopAt({ drain: 5000, now: 6000 }));
    expect(only(events, "ensemble.stopping")).toEqual([]);
    expectOneEnd(events);
  });

  it("an ensemble that has ended no longer waits for a signal", () => {
    const signals = { drain$: new Subject<string>(), now$: new Subject<string>() };
    played(planOf([batchOf({ runs: 1 })]), {}, { draining: () => false, ...signals });
    expect([signals.drain$.observed, signals.now$.observed]).toEqual([false, false]);
  });
});

describe("an ensemble that is told to let go", () => {
  it("an ensemble that lets go unsubscribes everything, submits nothing more, and then finishes", () => {
    const [letGo, submitted]: [string[], string[]] = [[], []];
    const events = played(
      planOf([batchOf()]),
      {
        backend: {
          submit$: ({ name }) => defer(() => of({ job: `${submitted.push(name)}` })),
          watch$: (job) => neverEnding$(() => letGo.push(job)),
        },
      },
      stopAt({ now: 60 }),
    );
    expect(submitted).toEqual(["b-0", "b-1"]);
    expect(letGo).toEqual(["1", "2"]);
    expect(only(events, "run.finished")).toEqual([]);
    expect(events.slice(-2)).toMatchObject([
      { type: "ensemble.stopping", how: "let_go", message: "SIGTERM", at: 60 },
      { type: "ensemble.finished", ok: false, failure: { reason: "interrupted" }, interrupted: 6, at: 60 },
    ]);
    expectOneEnd(events);
  });

  it("an ensemble that is told to let go at any moment emits its one end at that moment", () => {
    const end = played(whole({ batches: [batchOf({ pre_run: [execute], post_run: [execute] })] })).at(-1)?.at ?? 0;
    for (let now = 0; now < end; now += 7) {
      const plan = whole({ batches: [batchOf({ pre_run: [execute], post_run: [execute] })] });
      const events = played(plan, {}, stopAt({ now }));
      expectOneEnd(events);
      expect(events.slice(-2), `told after ${now} ms`).toMatchObject([{ how: "let_go" }, { at: now, ok: false }]);
    }
  });

  it("an ensemble that lets go during pre_process unsubscribes from the task", () => {
    let letGo = 0;
    const perform$ = () =>
      neverEnding$(() => {
        letGo += 1;
      });
    const events = played(whole(), { perform$ }, stopAt({ now: 60 }));
    expect(letGo).toBe(1);
    expect(types(events)).toEqual(["ensemble.started", "task.started", "ensemble.stopping", "ensemble.finished"]);
  });

  it("an ensemble that drains and then lets go emits ensemble.stopping twice", () => {
    const events = played(planOf([batchOf()]), {}, stopAt({ drain: 20, now: 60 }));
    expect(only(events, "ensemble.stopping").map(({ how, at }) => [how, at])).toEqual([
      ["drain", 20],
      ["let_go", 60],
    ]);
    expect(events.at(-1)).toMatchObject({ at: 60, interrupted: 6 });
    expectOneEnd(events);
  });

  it("an ensemble that is told to let go before it starts does nothing", () => {
    const stop: Stop = { draining: () => true, drain$: EMPTY, now$: of("SIGTERM") };
    const events = played(whole(), {}, stop);
    expect(types(events)).toEqual(["ensemble.started", "ensemble.stopping", "ensemble.finished"]);
    expect(events.at(-1)).toMatchObject({ interrupted: 6 });
  });

  it("an ensemble also lets go if the signal is a hot observable", () => {
    const now$ = new Subject<string>();
    const events = play(
      () => ensemble$(contextOf(whole(), {}, { stop: { draining: () => false, drain$: NEVER, now$ } })),
      () => subscribe(timer(60), () => now$.next("SIGHUP")),
    );
    expect(events.slice(-2)).toMatchObject([{ message: "SIGHUP" }, { type: "ensemble.finished", at: 60 }]);
    expectOneEnd(events);
  });

  it("an ensemble that is told to let go while it emits an event ends with that event", () => {
    const now$ = new Subject<string>();
    const submitted: string[] = [];
    const emitted: string[] = [];
    const context = contextOf(
      planOf([batchOf()]),
      { backend: { submit$: ({ name }) => defer(() => of({ job: `${submitted.push(name)}` })) } },
      { stop: { draining: () => false, drain$: NEVER, now$ } },
    );
    subscribe(ensemble$(context), (fact) => {
      emitted.push(fact.type);
      if (fact.type === "job.submitting") now$.next("SIGTERM");
    });
    expect(submitted).toEqual([]);
    expect(emitted.slice(-3)).toEqual(["job.submitting", "ensemble.stopping", "ensemble.finished"]);
  });

  it("unsubscribing from an ensemble interrupts everything and emits nothing more", () => {
    let letGo = 0;
    const events = play(
      () =>
        ensemble$(
          contextOf(planOf([batchOf()]), {
            backend: {
              watch$: () =>
                neverEnding$(() => {
                  letGo += 1;
                }),
            },
          }),
        ),
      (playing) => subscribe(timer(60), () => playing.unsubscribe()),
    );
    expect(letGo).toBe(2);
    expect(types(events)).not.toContain("ensemble.finished");
    expect(events.at(-1)?.at).toBeLessThan(60);
  });
});

describe("many runs", () => {
  const sync: World = {
    perform$: () => of({ holds: true }),
    backend: { submit$: () => of({ job: "1" }), watch$: () => of({ state: "ended" }) },
  };
  const tasksAlone = { submission: false };
  const later$ = (ms: number) => timer(ms).pipe(ignoreElements());

  it("10,000 runs that end at once neither hang nor exhaust the stack", () => {
    const batch = batchOf({ runs: 10_000, maxruns: 8, maxjobs: 4, pre_run: [execute], post_run: [execute] });
    expect(play(() => ensemble$(contextOf(planOf([batch]), sync))).at(-1)).toMatchObject({
      ok: true,
      succeeded: 10_000,
    });
  });

  it("10,000 runs that end at once, behind two slow ones, do not hang", () => {
    const prepare$ = ({ run }: { readonly run: { readonly index: number } }) =>
      run.index < 2 ? later$(10 + run.index) : EMPTY;
    const plan = planOf([batchOf({ runs: 10_000, maxruns: 2 })]);
    const events = play(() => ensemble$(contextOf(plan, { ...sync, prepare$ }, tasksAlone)));
    expect(events.at(-1)).toMatchObject({ ok: true, succeeded: 10_000 });
  });

  it("5,000 runs that fail at once, behind a slow one, do not hang", () => {
    const prepare$ = ({ run }: { readonly run: { readonly index: number } }) =>
      run.index === 0 ? later$(10) : throwError(() => new Abandon(commandFailed));
    const events = played(planOf([batchOf({ runs: 5000, maxruns: 1 })]), { prepare$ });
    expect(events.at(-1)).toMatchObject({ ok: false, succeeded: 1, failed: 4999 });
  });

  it("20,000 runs do not hang if the command line skips all but two", () => {
    const plan = planOf([batchOf({ runs: 20_000, maxruns: 1 })]);
    const events = play(() => ensemble$(contextOf(plan, {}, { indexes: [0, 19_999] })));
    expect(events.at(-1)).toMatchObject({ ok: true, succeeded: 2, skipped: 19_998 });
  });

  it("20,000 runs do not hang if most of them wait when the ensemble drains", () => {
    const events = played(planOf([batchOf({ runs: 20_000 })]), {}, stopAt({ drain: 50 }));
    expect(only(events, "run.finished").filter(({ ok }) => ok)).toHaveLength(2);
    expect(only(events, "run.skipped")).toHaveLength(19_998);
    expect(events.at(-1)).toMatchObject({ interrupted: 19_998, failure: { reason: "interrupted" } });
    expectOneEnd(events);
  });

  it("4,000 runs of two batches, side by side, do not hang", () => {
    const two = [batchOf({ name: "a", runs: 2000, maxruns: 1 }), batchOf({ name: "z", runs: 2000, maxruns: 2 })];
    const prepare$ = ({ run }: { readonly run: { readonly index: number } }) => (run.index === 0 ? later$(1) : EMPTY);
    const events = play(() => ensemble$(contextOf(planOf(two), { ...sync, prepare$ }, tasksAlone)));
    expect(events.at(-1)).toMatchObject({ ok: true, succeeded: 4000 });
  });

  it("1,500 cycles whose runs end at once do not hang", () => {
    let polls = 0;
    const plan = planOf([batchOf({ runs: 1, repeat: true, post_batch: [check] })]);
    const perform$ = () =>
      defer(() => (++polls > 1500 ? throwError(() => new Abandon(checkFailed)) : of({ holds: true as const })));
    const events = played(plan, { ...sync, perform$ });
    expect(only(events, "batch.finished")).toMatchObject([{ ok: true, cycles: 1501 }]);
  });
});
