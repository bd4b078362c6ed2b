import { concat, defer, EMPTY, ignoreElements, map, NEVER, of, Subject, throwError, timer } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Stop } from "../../lib/effects/stop.js";
import type { BackendNotice, Fact } from "../../lib/events/event.js";
import { Abandon } from "../../lib/events/failure.js";
import type { Ensemble } from "../../lib/plan/plan.js";
import { ensemble$ } from "../../lib/stream/ensemble.js";
import {
  batchOf,
  check,
  doing,
  execute,
  failing$,
  goOn,
  hear,
  held$,
  only,
  planOf,
  play,
  refuses,
  sceneOf,
  stopAt,
  types,
  type World,
  wrong,
} from "../support/virtual.js";

const played = (plan: Ensemble, world: World = {}, stop: Stop = goOn) =>
  play(() => ensemble$(sceneOf(plan, world, { stop })));

const whole = (over: Partial<Ensemble> = {}) =>
  planOf([batchOf()], { pre_process: [execute], post_process: [execute], ...over });

/** `ensemble.finished` is told once, and last. */
const expectOneEnd = (told: readonly Fact[]) => {
  expect(types(told).filter((type) => type === "ensemble.finished")).toHaveLength(1);
  expect(told.at(-1)?.type).toBe("ensemble.finished");
};

describe("an ensemble", () => {
  it("says first what it is made of", () => {
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

  it("does pre_process before all batches and post_process after them", () => {
    const told = played(whole());
    expect(only(told, "task.finished").map(({ task, at }) => [task, at])).toEqual([
      ["pre_process[0]", 5],
      ["post_process[0]", 5 + 3 * 101 + 5],
    ]);
    expect(only(told, "batch.started")).toMatchObject([{ at: 5 }]);
    expect(told.at(-1)).toEqual({
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

  it("without batches is its own tasks", () => {
    const told = played(planOf([], { pre_process: [execute] }));
    expect(told.at(-1)).toMatchObject({ ok: true, succeeded: 0 });
    expectOneEnd(played(planOf([])));
  });

  it("whose pre_process fails does nothing else", () => {
    const told = played(whole({ pre_process: [execute, execute] }), { perform$: () => failing$(wrong) });
    expect(types(told)).toEqual(["ensemble.started", "task.started", "task.finished", "ensemble.finished"]);
    expect(told.at(-1)).toMatchObject({ ok: false, failure: { ...wrong, task: "pre_process[0]" }, interrupted: 6 });
  });

  it("whose post_process fails has failed", () => {
    const told = played(whole(), { perform$: doing({ "post_process[0]": () => failing$(wrong) }) });
    expect(told.at(-1)).toMatchObject({ ok: false, succeeded: 6, failure: { task: "post_process[0]" } });
  });

  it("does post_process though runs failed, and has failed then", () => {
    const told = played(whole(), { prepare$: () => failing$(wrong) });
    expect(only(told, "task.finished").at(-1)).toMatchObject({ task: "post_process[0]", ok: true });
    expect(told.at(-1)).toMatchObject({ ok: false, failed: 6, failure: { reason: "parts", runs: 6, batches: 0 } });
  });

  it("looks at the templates that pre_process made, but for batches whose pre_batch has yet to make them", () => {
    const asked: string[][] = [];
    const check$: NonNullable<World["check$"]> = (batches) =>
      defer(() => {
        asked.push(batches.map(({ name }) => name));
        return EMPTY;
      });
    const plan = whole({
      batches: [batchOf({ name: "a" }), batchOf({ name: "m", pre_batch: [execute] }), batchOf({ name: "z" })],
    });
    played(plan, { check$ });
    expect(asked[0]).toEqual(["a", "z"]);
    expect(asked.slice(1).flat().toSorted()).toEqual(["a", "m", "z"]);
    const failure = { reason: "template", file: "x.liquid", message: "no" } as const;
    const told = played(plan, { check$: () => failing$(failure) });
    expect(types(told)).not.toContain("batch.started");
    expect(told.at(-1)).toMatchObject({ ok: false, failure });
  });

  it("is cold: it starts anew for whoever subscribes", () => {
    const stream = ensemble$(sceneOf(whole()));
    expect(play(() => stream)).toEqual(play(() => stream));
  });
});

describe("what there is to tell of the scheduler", () => {
  const noted = { type: "backend.noted", message: "jobs are taken for at most 48 hours" } as const;
  const silent = { type: "backend.silent", message: "squeue does not answer" } as const;
  const answered = { type: "backend.answered" } as const;

  it("is told while the ensemble lasts, and does not keep it from ending", () => {
    const notice$ = concat(
      of(noted),
      timer(50).pipe(map(() => silent)),
      timer(25).pipe(map(() => answered)),
      timer(10_000).pipe(map(() => silent)),
    );
    const told = played(planOf([batchOf({ runs: 1 })]), { backend: { notice$ } });
    expect(types(told)[0]).toBe("ensemble.started");
    expect(told.filter(({ type }) => type.startsWith("backend."))).toEqual([
      { ...noted, at: 0 },
      { ...silent, at: 50 },
      { ...answered, at: 75 },
    ]);
    expect(told.at(-1)).toMatchObject({ ok: true, at: 101 });
    expectOneEnd(told);
  });

  it("is heard from before anything is done until all is over, and by nobody then", () => {
    const notice$ = new Subject<BackendNotice>();
    const perform$ = () => defer(() => (notice$.next(silent), of({ holds: true as const })));
    const told = played(whole({ batches: [] }), { perform$, backend: { notice$ } });
    expect(only(told, "backend.silent")).toHaveLength(2);
    expect(notice$.observed).toBe(false);
    const stopped = played(whole(), { backend: { notice$ } }, stopAt({ now: 60 }));
    expect(stopped.at(-1)).toMatchObject({ at: 60, ok: false });
    expect(notice$.observed).toBe(false);
  });

  it("may be over long before the ensemble is", () => {
    const told = played(planOf([batchOf({ runs: 1 })]), { backend: { notice$: of(noted) } });
    expect(only(told, "run.finished")).toMatchObject([{ ok: true }]);
    expectOneEnd(told);
  });
});

describe("told to drain", () => {
  const slow = () => planOf([batchOf({ pre_batch: [execute], post_batch: [execute] })], { post_process: [execute] });

  it("it starts nothing new, and lets the rest come to its end", () => {
    const told = played(slow(), {}, stopAt({ drain: 50 }));
    expect(only(told, "ensemble.stopping")).toEqual([
      { type: "ensemble.stopping", how: "drain", message: "SIGINT", at: 50 },
    ]);
    expect(only(told, "run.finished").map(({ run, ok }) => [run, ok])).toEqual([
      ["b-0", true],
      ["b-1", true],
      ["b-2", true],
    ]);
    expect(only(told, "run.skipped").map(({ run, because }) => [run, because])).toEqual([
      ["b-3", "stopping"],
      ["b-4", "stopping"],
      ["b-5", "stopping"],
    ]);
    expect(only(told, "task.started").map(({ task }) => task)).toEqual(["pre_batch[0]"]);
    expect(only(told, "batch.finished")).toMatchObject([{ ok: false, failure: { reason: "interrupted" } }]);
    expect(told.at(-1)).toMatchObject({
      ok: false,
      failure: { reason: "interrupted" },
      succeeded: 3,
      skipped: 0,
      interrupted: 3,
    });
    expectOneEnd(told);
  });

  it("during pre_process it ends after the task at hand", () => {
    const told = played(whole({ pre_process: [execute, execute] }), {}, stopAt({ drain: 3 }));
    expect(types(told)).toEqual([
      "ensemble.started",
      "task.started",
      "ensemble.stopping",
      "task.finished",
      "ensemble.finished",
    ]);
    expect(told.at(-1)).toMatchObject({ failure: { reason: "interrupted" }, interrupted: 6, at: 5 });
  });

  it("during the last task of pre_process it looks at no templates any more", () => {
    let looked = false;
    const check$ = () =>
      defer(() => {
        looked = true;
        return EMPTY;
      });
    played(whole(), { check$ }, stopAt({ drain: 3 }));
    expect(looked).toBe(false);
  });

  it("before it started, it says so and does nothing", () => {
    const stop: Stop = { draining: () => true, drain$: of("SIGINT"), now$: NEVER };
    expect(types(played(whole(), {}, stop))).toEqual(["ensemble.started", "ensemble.stopping", "ensemble.finished"]);
  });

  it("lets post_batch and post_process come to their end once they have begun", () => {
    const plan = planOf([batchOf({ runs: 1, post_batch: [execute, execute] })]);
    const told = played(plan, {}, stopAt({ drain: 103 }));
    expect(only(told, "task.finished").map(({ task }) => task)).toEqual(["post_batch[0]", "post_batch[1]"]);
    expect(only(told, "batch.finished")).toMatchObject([{ ok: true }]);
  });

  it("tells nothing after its end", () => {
    const told = played(planOf([batchOf({ runs: 1 })]), {}, stopAt({ drain: 5000, now: 6000 }));
    expect(only(told, "ensemble.stopping")).toEqual([]);
    expectOneEnd(told);
  });

  it("leaves nothing behind that waits for a signal", () => {
    const signals = { drain$: new Subject<string>(), now$: new Subject<string>() };
    played(planOf([batchOf({ runs: 1 })]), {}, { draining: () => false, ...signals });
    expect([signals.drain$.observed, signals.now$.observed]).toEqual([false, false]);
  });
});

describe("told to let go", () => {
  it("it unsubscribes everything, submits nothing more, and says so last", () => {
    const [letGo, submitted]: [string[], string[]] = [[], []];
    const told = played(
      planOf([batchOf()]),
      {
        backend: {
          submit$: ({ name }) => defer(() => of({ job: `${submitted.push(name)}` })),
          watch$: (job) => held$(() => letGo.push(job)),
        },
      },
      stopAt({ now: 60 }),
    );
    expect(submitted).toEqual(["b-0", "b-1"]);
    expect(letGo).toEqual(["1", "2"]);
    expect(only(told, "run.finished")).toEqual([]);
    expect(told.slice(-2)).toMatchObject([
      { type: "ensemble.stopping", how: "let_go", message: "SIGTERM", at: 60 },
      { type: "ensemble.finished", ok: false, failure: { reason: "interrupted" }, interrupted: 6, at: 60 },
    ]);
    expectOneEnd(told);
  });

  it("at any moment, it ends at that moment, by one event", () => {
    const end = played(whole({ batches: [batchOf({ pre_run: [execute], post_run: [execute] })] })).at(-1)?.at ?? 0;
    for (let now = 0; now < end; now += 7) {
      const plan = whole({ batches: [batchOf({ pre_run: [execute], post_run: [execute] })] });
      const told = played(plan, {}, stopAt({ now }));
      expectOneEnd(told);
      expect(told.slice(-2), `told after ${now} ms`).toMatchObject([{ how: "let_go" }, { at: now, ok: false }]);
    }
  });

  it("during pre_process, it lets go of the task", () => {
    let letGo = 0;
    const perform$ = () =>
      held$(() => {
        letGo += 1;
      });
    const told = played(whole(), { perform$ }, stopAt({ now: 60 }));
    expect(letGo).toBe(1);
    expect(types(told)).toEqual(["ensemble.started", "task.started", "ensemble.stopping", "ensemble.finished"]);
  });

  it("while it drains, it says both", () => {
    const told = played(planOf([batchOf()]), {}, stopAt({ drain: 20, now: 60 }));
    expect(only(told, "ensemble.stopping").map(({ how, at }) => [how, at])).toEqual([
      ["drain", 20],
      ["let_go", 60],
    ]);
    expect(told.at(-1)).toMatchObject({ at: 60, interrupted: 6 });
    expectOneEnd(told);
  });

  it("before it started, it does nothing", () => {
    const stop: Stop = { draining: () => true, drain$: EMPTY, now$: of("SIGTERM") };
    const told = played(whole(), {}, stop);
    expect(types(told)).toEqual(["ensemble.started", "ensemble.stopping", "ensemble.finished"]);
    expect(told.at(-1)).toMatchObject({ interrupted: 6 });
  });

  it("by a hot signal, it hears it just the same", () => {
    const now$ = new Subject<string>();
    const told = play(
      () => ensemble$(sceneOf(whole(), {}, { stop: { draining: () => false, drain$: NEVER, now$ } })),
      () => hear(timer(60), () => now$.next("SIGHUP")),
    );
    expect(told.slice(-2)).toMatchObject([{ message: "SIGHUP" }, { type: "ensemble.finished", at: 60 }]);
    expectOneEnd(told);
  });

  it("from within the hearing of an event, it ends there", () => {
    const now$ = new Subject<string>();
    const submitted: string[] = [];
    const heard: string[] = [];
    const scene = sceneOf(
      planOf([batchOf()]),
      { backend: { submit$: ({ name }) => defer(() => of({ job: `${submitted.push(name)}` })) } },
      { stop: { draining: () => false, drain$: NEVER, now$ } },
    );
    hear(ensemble$(scene), (fact) => {
      heard.push(fact.type);
      if (fact.type === "job.submitting") now$.next("SIGTERM");
    });
    expect(submitted).toEqual([]);
    expect(heard.slice(-3)).toEqual(["job.submitting", "ensemble.stopping", "ensemble.finished"]);
  });

  it("is not what a subscriber does who leaves: nothing is told then, and everything is let go of", () => {
    let letGo = 0;
    const told = play(
      () =>
        ensemble$(
          sceneOf(planOf([batchOf()]), {
            backend: {
              watch$: () =>
                held$(() => {
                  letGo += 1;
                }),
            },
          }),
        ),
      (playing) => hear(timer(60), () => playing.unsubscribe()),
    );
    expect(letGo).toBe(2);
    expect(types(told)).not.toContain("ensemble.finished");
    expect(told.at(-1)?.at).toBeLessThan(60);
  });
});

describe("many runs", () => {
  const sync: World = {
    perform$: () => of({ holds: true }),
    backend: { submit$: () => of({ job: "1" }), watch$: () => of({ state: "ended" }) },
  };
  const tasksAlone = { submission: false };
  const later$ = (ms: number) => timer(ms).pipe(ignoreElements());

  it("10,000 that end at once neither hang nor exhaust the stack", () => {
    const batch = batchOf({ runs: 10_000, maxruns: 8, maxjobs: 4, pre_run: [execute], post_run: [execute] });
    expect(play(() => ensemble$(sceneOf(planOf([batch]), sync))).at(-1)).toMatchObject({ ok: true, succeeded: 10_000 });
  });

  it("10,000 that end at once, behind two that took their time", () => {
    const prepare$ = ({ run }: { readonly run: { readonly index: number } }) =>
      run.index < 2 ? later$(10 + run.index) : EMPTY;
    const plan = planOf([batchOf({ runs: 10_000, maxruns: 2 })]);
    const told = play(() => ensemble$(sceneOf(plan, { ...sync, prepare$ }, tasksAlone)));
    expect(told.at(-1)).toMatchObject({ ok: true, succeeded: 10_000 });
  });

  it("5,000 that fail at once, behind one that took its time", () => {
    const prepare$ = ({ run }: { readonly run: { readonly index: number } }) =>
      run.index === 0 ? later$(10) : throwError(() => new Abandon(wrong));
    const told = played(planOf([batchOf({ runs: 5000, maxruns: 1 })]), { prepare$ });
    expect(told.at(-1)).toMatchObject({ ok: false, succeeded: 1, failed: 4999 });
  });

  it("20,000 of which the command line leaves all but two out", () => {
    const plan = planOf([batchOf({ runs: 20_000, maxruns: 1 })]);
    const told = play(() => ensemble$(sceneOf(plan, {}, { indexes: [0, 19_999] })));
    expect(told.at(-1)).toMatchObject({ ok: true, succeeded: 2, skipped: 19_998 });
  });

  it("20,000 of which most are queued when it is told to drain", () => {
    const told = played(planOf([batchOf({ runs: 20_000 })]), {}, stopAt({ drain: 50 }));
    expect(only(told, "run.finished").filter(({ ok }) => ok)).toHaveLength(3);
    expect(only(told, "run.skipped")).toHaveLength(19_997);
    expect(told.at(-1)).toMatchObject({ interrupted: 19_997, failure: { reason: "interrupted" } });
    expectOneEnd(told);
  });

  it("of two batches, side by side", () => {
    const two = [batchOf({ name: "a", runs: 2000, maxruns: 1 }), batchOf({ name: "z", runs: 2000, maxruns: 2 })];
    const prepare$ = ({ run }: { readonly run: { readonly index: number } }) => (run.index === 0 ? later$(1) : EMPTY);
    const told = play(() => ensemble$(sceneOf(planOf(two), { ...sync, prepare$ }, tasksAlone)));
    expect(told.at(-1)).toMatchObject({ ok: true, succeeded: 4000 });
  });

  it("1,500 cycles whose runs end at once", () => {
    let looks = 0;
    const plan = planOf([batchOf({ runs: 1, repeat: true, post_batch: [check] })]);
    const perform$ = () =>
      defer(() => (++looks > 1500 ? throwError(() => new Abandon(refuses)) : of({ holds: true as const })));
    const told = played(plan, { ...sync, perform$ });
    expect(only(told, "batch.finished")).toMatchObject([{ ok: true, cycles: 1501 }]);
  });
});
