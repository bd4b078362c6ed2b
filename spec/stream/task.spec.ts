import { catchError, defer, EMPTY, map, NEVER, of, timer } from "rxjs";
import { describe, expect, it } from "vitest";
import type { CheckResult } from "../../lib/effects/effects.js";
import type { Task } from "../../lib/plan/plan.js";
import { Timestamp } from "../../lib/plan/values.js";
import { ensemble$ } from "../../lib/stream/ensemble.js";
import {
  batchOf,
  check,
  execute,
  failing$,
  held$,
  notYet,
  only,
  planOf,
  play,
  refuses,
  sceneOf,
  stopAt,
  type World,
  wrong,
} from "../support/virtual.js";

/** One run without a job, whose `pre_run` is these tasks. */
const played = (tasks: readonly Task[], world: World = {}, settings: Parameters<typeof sceneOf>[2] = {}) =>
  play(() =>
    ensemble$(sceneOf(planOf([batchOf({ runs: 1, pre_run: tasks })]), world, { submission: false, ...settings })),
  );

/** A check that holds at its last look. Every look takes no time. */
const looking = (...looks: readonly (string | true)[]): World => {
  let made = 0;
  const look = (found: string | true | undefined): CheckResult =>
    found === undefined || found === true ? { holds: true } : notYet(found);
  return { perform$: () => defer(() => of(look(looks[made++]))) };
};

const here = { batch: "b", run: "b-0", cycle: 1, attempt: 1 };

describe("tasks", () => {
  it("are done one after the other, each told by its list and place", () => {
    const told = played([execute, { name: "remove", args: {} }]);
    expect(told.filter(({ type }) => type.startsWith("task."))).toEqual([
      { type: "task.started", ...here, task: "pre_run[0]", name: "execute", at: 0 },
      { type: "task.finished", ...here, task: "pre_run[0]", name: "execute", ok: true, elapsed_s: 0.005, at: 5 },
      { type: "task.started", ...here, task: "pre_run[1]", name: "remove", at: 5 },
      { type: "task.finished", ...here, task: "pre_run[1]", name: "remove", ok: true, elapsed_s: 0.005, at: 10 },
    ]);
  });

  it("that fail keep what comes after them from being done, and are named in what they fail", () => {
    const done: string[] = [];
    const told = played([execute, execute, execute], {
      perform$: (_task, _place, step) => {
        done.push(step);
        return step.endsWith("pre_run[1]") ? failing$(wrong) : timer(5).pipe(map(() => ({ holds: true })));
      },
    });
    expect(only(told, "task.started").map(({ task }) => task)).toEqual(["pre_run[0]", "pre_run[1]"]);
    expect(only(told, "task.finished").at(-1)).toMatchObject({ ok: false, failure: wrong });
    expect(only(told, "run.finished")).toMatchObject([{ ok: false, failure: { ...wrong, task: "pre_run[1]" } }]);
    expect(done).not.toContain("pre_run[2]");
  });

  it("are done where they belong: the run's, the batch's, the directory of the start", () => {
    const where = new Map<string, unknown>();
    play(() =>
      ensemble$(
        sceneOf(
          planOf([batchOf({ runs: 1, pre_batch: [execute], pre_run: [execute], shared: { a: 1 }, extra: { x: 2 } })], {
            pre_process: [execute],
            vars: { v: 0 },
          }),
          {
            perform$: (_task, { directory, variables }, step) => {
              where.set(step, [directory, variables]);
              return of({ holds: true });
            },
          },
        ),
      ),
    );
    const made = { idx: 0, id: "b-0", dir: "/scratch/b-0" };
    expect(Object.fromEntries(where)).toEqual({
      "1.pre_process[0]": ["/start", { v: 0 }],
      "1.b.1.pre_batch[0]": ["/work", { a: 1, batch_idx: 1, x: 2 }],
      "1.b-0.1.1.pre_run[0]": ["/scratch/b-0", { a: 1, batch_idx: 1, x: 2, ...made }],
    });
  });

  it("a mistake of ours is no failure of a run: it ends the stream, with no end told", () => {
    const bug = new TypeError("bug");
    const thrown: unknown[] = [];
    const scene = sceneOf(planOf([batchOf({ pre_run: [execute] })]), {
      perform$: () =>
        timer(5).pipe(
          map((): never => {
            throw bug;
          }),
        ),
    });
    const told = play(() =>
      ensemble$(scene).pipe(
        catchError((error: unknown) => {
          thrown.push(error);
          return EMPTY;
        }),
      ),
    );
    expect(thrown).toEqual([bug]);
    expect(told.filter(({ type }) => type.endsWith(".finished"))).toEqual([]);
  });
});

describe("checks", () => {
  it("look again every check_timeout seconds until they hold, and say how often they looked", () => {
    const told = played([check], looking("no", "no", "no", true), { check_timeout: 10 });
    expect(only(told, "task.finished")).toMatchObject([{ ok: true, looks: 4, elapsed_s: 30, at: 30_000 }]);
  });

  it("that hold at once do not wait", () => {
    const told = played([check], looking(true));
    expect(only(told, "task.waiting")).toEqual([]);
    expect(only(told, "task.finished")).toMatchObject([{ ok: true, looks: 1, at: 0 }]);
  });

  it("wait from the end of a look, not from its beginning", () => {
    let looks = 0;
    const look = () => (++looks < 3 ? notYet("no") : ({ holds: true } as const));
    const told = played([check], { perform$: () => timer(7000).pipe(map(look)) }, { check_timeout: 10 });
    expect(only(told, "task.finished")).toMatchObject([{ at: 7000 + 2 * 17_000 }]);
  });

  it("tell why they wait once, and again when the reason changes", () => {
    const told = played([check], looking("a", "a", "b", "b", "a", true), { check_timeout: 10 });
    expect(only(told, "task.waiting").map(({ message, at }) => [message, at])).toEqual([
      ["a", 0],
      ["b", 20_000],
      ["a", 40_000],
    ]);
  });

  it("tell why they wait anew in every run", () => {
    let looks = 0;
    const told = play(() =>
      ensemble$(
        sceneOf(
          planOf([batchOf({ runs: 3, maxruns: 1, pre_run: [check] })]),
          { perform$: () => defer(() => of<CheckResult>(++looks % 3 === 0 ? { holds: true } : notYet("no"))) },
          { submission: false },
        ),
      ),
    );
    expect(only(told, "task.waiting").map(({ run }) => run)).toEqual(["b-0", "b-1", "b-2"]);
    expect(only(told, "task.finished").map((fact) => fact.looks)).toEqual([3, 3, 3]);
  });

  it("wait for weeks between two looks", () => {
    const told = played([check], looking("no", true), { check_timeout: 60 * 86_400 });
    expect(only(told, "task.finished")).toMatchObject([{ ok: true, looks: 2, at: 60 * 86_400_000 }]);
  });

  it("hold without a look with -c", () => {
    const told = played(
      [check, { name: "quota", args: { atleast: 1 } }, { name: "jobs", args: { limit: 1, match: "b" } }],
      looking("no"),
      { checks: false },
    );
    const finished = only(told, "task.finished");
    expect(finished.map(({ ok, at }) => [ok, at])).toEqual([
      [true, 0],
      [true, 0],
      [true, 0],
    ]);
    expect(finished.every((fact) => fact.looks === undefined)).toBe(true);
  });

  it("processing tasks are done with -c all the same", () => {
    expect(
      only(played([execute], { perform$: () => failing$(wrong) }, { checks: false }), "run.finished"),
    ).toMatchObject([{ ok: false }]);
  });

  it("fail at once where their world says so", () => {
    const told = played([check], { perform$: () => failing$(refuses) });
    expect(only(told, "run.finished")).toMatchObject([
      { ok: false, failure: { reason: "check", task: "pre_run[0]" }, at: 5 },
    ]);
  });
});

describe("the timeout of a task", () => {
  it("is for a check as a whole, however often it looks", () => {
    const told = played([{ ...check, timeout: 25 }], looking(...Array<string>(99).fill("no")), { check_timeout: 10 });
    expect(only(told, "run.finished")).toMatchObject([
      { ok: false, failure: { reason: "timeout", after_s: 25, task: "pre_run[0]" }, at: 25_000 },
    ]);
    expect(only(told, "task.finished")).toMatchObject([{ ok: false, looks: 3, elapsed_s: 25 }]);
  });

  it("lets go of a command that takes too long", () => {
    let letGo = 0;
    const told = played([{ ...execute, timeout: 2 }], {
      perform$: () =>
        held$(() => {
          letGo += 1;
        }),
    });
    expect(only(told, "run.finished")).toMatchObject([{ ok: false, failure: { reason: "timeout" }, at: 2000 }]);
    expect(letGo).toBe(1);
  });

  it("may be longer than a JavaScript timer can wait", () => {
    const days = 40 * 86_400;
    const told = played([{ ...execute, timeout: days }], { perform$: () => NEVER });
    expect(only(told, "run.finished")).toMatchObject([{ ok: false, at: days * 1000 }]);
  });

  it("does not touch what is done in time", () => {
    expect(only(played([{ ...execute, timeout: 1 }]), "run.finished")).toMatchObject([{ ok: true, at: 5 }]);
  });
});

describe("submit tasks", () => {
  const submit: Task = { name: "submit", args: { script: "run.script" } };
  const world = (asked: unknown[]): World => ({
    backend: {
      submit$: (request) =>
        defer(() => {
          asked.push(request);
          return of({ job: "77" });
        }),
      watch$: () => NEVER,
    },
  });

  it("hand one more job over, which is not waited for", () => {
    const asked: unknown[] = [];
    const told = play(() =>
      ensemble$(
        sceneOf(planOf([batchOf({ runs: 1, post_run: [submit], shared: { script: "more.sh" } })]), world(asked), {
          submission: false,
        }),
      ),
    );
    expect(asked).toEqual([
      {
        ...{ name: "b-0", script: "more.sh", directory: "/scratch/b-0", watched: false, guard: true },
        token: "1.b-0.1.1.post_run[0]",
      },
    ]);
    expect(told.filter(({ type }) => type.startsWith("job."))).toEqual([
      {
        type: "job.submitting",
        script: "more.sh",
        token: "1.b-0.1.1.post_run[0]",
        ...here,
        task: "post_run[0]",
        at: 0,
      },
      { type: "job.submitted", job: "77", ...here, task: "post_run[0]", at: 0 },
    ]);
    expect(only(told, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it("go under the name of the batch, or of the ensemble, outside runs", () => {
    const asked: unknown[] = [];
    const script: Task = { name: "submit", args: { script: "s.sh" } };
    play(() =>
      ensemble$(sceneOf(planOf([batchOf({ runs: 0, pre_batch: [script] })], { post_process: [script] }), world(asked))),
    );
    expect(asked).toEqual([
      { name: "b", script: "s.sh", directory: "/work", watched: false, token: "1.b.1.pre_batch[0]", guard: true },
      { name: "e", script: "s.sh", directory: "/start", watched: false, token: "1.post_process[0]", guard: true },
    ]);
  });

  it.each([
    ["a number", 7, "7"],
    ["a date", new Timestamp("2020-01-05"), "2020-01-05"],
  ])("take a reference to %s as the name that it prints", (_, script, printed) => {
    const asked: unknown[] = [];
    play(() =>
      ensemble$(
        sceneOf(planOf([batchOf({ runs: 1, pre_run: [submit], shared: { script } })]), world(asked), {
          submission: false,
        }),
      ),
    );
    expect(asked).toMatchObject([{ script: printed }]);
  });

  it("have a guard unless their batch has none", () => {
    const asked: unknown[] = [];
    const script: Task = { name: "submit", args: { script: "s.sh" } };
    const batches = [batchOf({ runs: 0, pre_batch: [script], guard: false })];
    play(() => ensemble$(sceneOf(planOf(batches, { pre_process: [script] }), world(asked))));
    expect(asked).toMatchObject([{ guard: true }, { guard: false }]);
  });

  it("that have to wait say why, and that is no hand-over", () => {
    const tokens: string[] = [];
    const told = play(() =>
      ensemble$(
        sceneOf(
          planOf([batchOf({ runs: 1, pre_run: [submit], shared: { script: "s" } })]),
          {
            backend: {
              submit$: ({ token }) =>
                defer(() => (tokens.push(token) < 3 ? of({ waiting: `busy ${tokens.length}` }) : of({ job: "77" }))),
            },
          },
          { submission: false },
        ),
      ),
    );
    const tries = ["", "-2", "-3"].map((which) => `1.b-0.1.1.pre_run[0]${which}`);
    expect(tokens).toEqual(tries);
    const inTask = { ...here, task: "pre_run[0]" };
    const handing = (token: string | undefined) => ({ type: "job.submitting", script: "s", token, ...inTask, at: 0 });
    const waits = (message: string) => ({ type: "task.waiting", message, ...inTask, name: "submit", at: 0 });
    expect(told.filter(({ type }) => type.startsWith("job.") || type === "task.waiting")).toEqual([
      handing(tries[0]),
      waits("busy 1"),
      handing(tries[1]),
      waits("busy 2"),
      handing(tries[2]),
      { type: "job.submitted", job: "77", ...inTask, at: 0 },
    ]);
    expect(only(told, "run.waiting")).toEqual([]);
    expect(only(told, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it("without a script do nothing", () => {
    const asked: unknown[] = [];
    const told = play(() =>
      ensemble$(sceneOf(planOf([batchOf({ runs: 0, pre_batch: [{ name: "submit", args: {} }] })]), world(asked))),
    );
    expect(asked).toEqual([]);
    expect(told.at(-1)).toMatchObject({ ok: true });
  });

  it("that cannot hand over fail what they are part of", () => {
    const told = play(() =>
      ensemble$(
        sceneOf(
          planOf([batchOf({ runs: 1, pre_run: [submit], shared: { script: "s" } })]),
          {
            backend: { submit$: () => failing$({ reason: "job", cause: "not_started" }) },
          },
          { submission: false },
        ),
      ),
    );
    expect(only(told, "run.finished")).toMatchObject([{ ok: false, failure: { reason: "job", task: "pre_run[0]" } }]);
  });
});

describe("tasks of an ensemble that is told to drain", () => {
  it("in a run go on to their end", () => {
    const told = played([execute, execute, execute], {}, { stop: stopAt({ drain: 7 }) });
    expect(only(told, "run.finished")).toMatchObject([{ ok: true, at: 15 }]);
  });

  it("that make ready for runs which will not start are done no more", () => {
    const told = play(() =>
      ensemble$(sceneOf(planOf([batchOf({ pre_batch: [execute, execute] })]), {}, { stop: stopAt({ drain: 3 }) })),
    );
    expect(only(told, "task.started").map(({ task }) => task)).toEqual(["pre_batch[0]"]);
    expect(only(told, "run.skipped")).toEqual([]);
    expect(told.at(-1)).toMatchObject({
      type: "ensemble.finished",
      interrupted: 6,
      skipped: 0,
      failure: { reason: "interrupted" },
    });
  });
});
