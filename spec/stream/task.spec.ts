import { catchError, defer, EMPTY, map, NEVER, of, timer } from "rxjs";
import { describe, expect, it } from "vitest";
import type { CheckResult } from "../../lib/effects/effects.js";
import type { Task } from "../../lib/plan/plan.js";
import { Timestamp } from "../../lib/plan/values.js";
import { ensemble$ } from "../../lib/stream/ensemble.js";
import {
  batchOf,
  check,
  checkFailed,
  commandFailed,
  contextOf,
  execute,
  failing$,
  neverEnding$,
  notYet,
  only,
  planOf,
  play,
  stopAt,
  type World,
} from "../support/virtual.js";

/** Plays one run without a job, whose `pre_run` is these tasks. */
const played = (tasks: readonly Task[], world: World = {}, settings: Parameters<typeof contextOf>[2] = {}) =>
  play(() =>
    ensemble$(contextOf(planOf([batchOf({ runs: 1, pre_run: tasks })]), world, { submission: false, ...settings })),
  );

/** A check whose polls have these results: `true`, or why the check does not hold. A poll takes no time. */
const polling = (...results: readonly (string | true)[]): World => {
  let polls = 0;
  const resultOf = (result: string | true = true): CheckResult => (result === true ? { holds: true } : notYet(result));
  return { perform$: () => defer(() => of(resultOf(results[polls++]))) };
};

const ids = { batch: "b", run: "b-0", cycle: 1, attempt: 1 };

describe("tasks", () => {
  it("tasks are done one after the other, and their events name their list and index", () => {
    const events = played([execute, { name: "remove", args: {} }]);
    expect(events.filter(({ type }) => type.startsWith("task."))).toEqual([
      { type: "task.started", ...ids, task: "pre_run[0]", name: "execute", at: 0 },
      { type: "task.finished", ...ids, task: "pre_run[0]", name: "execute", ok: true, elapsed_s: 0.005, at: 5 },
      { type: "task.started", ...ids, task: "pre_run[1]", name: "remove", at: 5 },
      { type: "task.finished", ...ids, task: "pre_run[1]", name: "remove", ok: true, elapsed_s: 0.005, at: 10 },
    ]);
  });

  it("a task that fails ends its list, and the run's failure names the task", () => {
    const done: string[] = [];
    const events = played([execute, execute, execute], {
      perform$: (_task, _place, step) => {
        done.push(step);
        return step.endsWith("pre_run[1]") ? failing$(commandFailed) : timer(5).pipe(map(() => ({ holds: true })));
      },
    });
    expect(only(events, "task.started").map(({ task }) => task)).toEqual(["pre_run[0]", "pre_run[1]"]);
    expect(only(events, "task.finished").at(-1)).toMatchObject({ ok: false, failure: commandFailed });
    expect(only(events, "run.finished")).toMatchObject([
      { ok: false, failure: { ...commandFailed, task: "pre_run[1]" } },
    ]);
    expect(done).not.toContain("pre_run[2]");
  });

  it("tasks are done in the directory of their run, of their batch, or of the start", () => {
    const where = new Map<string, unknown>();
    play(() =>
      ensemble$(
        contextOf(
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

  it("a bug fails the stream instead of a run, and no `….finished` event follows", () => {
    const bug = new TypeError("bug");
    const thrown: unknown[] = [];
    const context = contextOf(planOf([batchOf({ pre_run: [execute] })]), {
      perform$: () =>
        timer(5).pipe(
          map((): never => {
            throw bug;
          }),
        ),
    });
    const events = play(() =>
      ensemble$(context).pipe(
        catchError((error: unknown) => {
          thrown.push(error);
          return EMPTY;
        }),
      ),
    );
    expect(thrown).toEqual([bug]);
    expect(events.filter(({ type }) => type.endsWith(".finished"))).toEqual([]);
  });
});

describe("checks", () => {
  it("a check is polled every check_timeout seconds until it holds, and task.finished counts the polls", () => {
    const events = played([check], polling("no", "no", "no", true), { check_timeout: 10 });
    expect(only(events, "task.finished")).toMatchObject([{ ok: true, looks: 4, elapsed_s: 30, at: 30_000 }]);
  });

  it("a check that holds at once does not wait", () => {
    const events = played([check], polling(true));
    expect(only(events, "task.waiting")).toEqual([]);
    expect(only(events, "task.finished")).toMatchObject([{ ok: true, looks: 1, at: 0 }]);
  });

  it("a check waits from the end of a poll, not from its start", () => {
    let polls = 0;
    const poll = () => (++polls < 3 ? notYet("no") : ({ holds: true } as const));
    const events = played([check], { perform$: () => timer(7000).pipe(map(poll)) }, { check_timeout: 10 });
    expect(only(events, "task.finished")).toMatchObject([{ at: 7000 + 2 * 17_000 }]);
  });

  it("a check emits task.waiting once, and again when the reason changes", () => {
    const events = played([check], polling("a", "a", "b", "b", "a", true), { check_timeout: 10 });
    expect(only(events, "task.waiting").map(({ message, at }) => [message, at])).toEqual([
      ["a", 0],
      ["b", 20_000],
      ["a", 40_000],
    ]);
  });

  it("a check emits task.waiting in every run", () => {
    let polls = 0;
    const events = play(() =>
      ensemble$(
        contextOf(
          planOf([batchOf({ runs: 3, maxruns: 1, pre_run: [check] })]),
          { perform$: () => defer(() => of<CheckResult>(++polls % 3 === 0 ? { holds: true } : notYet("no"))) },
          { submission: false },
        ),
      ),
    );
    expect(only(events, "task.waiting").map(({ run }) => run)).toEqual(["b-0", "b-1", "b-2"]);
    expect(only(events, "task.finished").map((fact) => fact.looks)).toEqual([3, 3, 3]);
  });

  it("a check can wait for weeks between two polls", () => {
    const events = played([check], polling("no", true), { check_timeout: 60 * 86_400 });
    expect(only(events, "task.finished")).toMatchObject([{ ok: true, looks: 2, at: 60 * 86_400_000 }]);
  });

  it("with -c, checks hold without a poll", () => {
    const events = played(
      [check, { name: "quota", args: { atleast: 1 } }, { name: "jobs", args: { limit: 1, match: "b" } }],
      polling("no"),
      { checks: false },
    );
    const finished = only(events, "task.finished");
    expect(finished.map(({ ok, at }) => [ok, at])).toEqual([
      [true, 0],
      [true, 0],
      [true, 0],
    ]);
    expect(finished.every((fact) => fact.looks === undefined)).toBe(true);
  });

  it("with -c, tasks that are not checks are still done", () => {
    expect(
      only(played([execute], { perform$: () => failing$(commandFailed) }, { checks: false }), "run.finished"),
    ).toMatchObject([{ ok: false }]);
  });

  it("a check with `fail: true` fails its run at once", () => {
    const events = played([check], { perform$: () => failing$(checkFailed) });
    expect(only(events, "run.finished")).toMatchObject([
      { ok: false, failure: { reason: "check", task: "pre_run[0]" }, at: 5 },
    ]);
  });
});

describe("the timeout of a task", () => {
  it("the timeout of a check limits all its polls together", () => {
    const events = played([{ ...check, timeout: 25 }], polling(...Array<string>(99).fill("no")), { check_timeout: 10 });
    expect(only(events, "run.finished")).toMatchObject([
      { ok: false, failure: { reason: "timeout", after_s: 25, task: "pre_run[0]" }, at: 25_000 },
    ]);
    expect(only(events, "task.finished")).toMatchObject([{ ok: false, looks: 3, elapsed_s: 25 }]);
  });

  it("a command that takes longer than its timeout is unsubscribed from", () => {
    let letGo = 0;
    const events = played([{ ...execute, timeout: 2 }], {
      perform$: () =>
        neverEnding$(() => {
          letGo += 1;
        }),
    });
    expect(only(events, "run.finished")).toMatchObject([{ ok: false, failure: { reason: "timeout" }, at: 2000 }]);
    expect(letGo).toBe(1);
  });

  it("a timeout may be longer than a JavaScript timer can wait", () => {
    const days = 40 * 86_400;
    const events = played([{ ...execute, timeout: days }], { perform$: () => NEVER });
    expect(only(events, "run.finished")).toMatchObject([{ ok: false, at: days * 1000 }]);
  });

  it("a task that is done in time does not time out", () => {
    expect(only(played([{ ...execute, timeout: 1 }]), "run.finished")).toMatchObject([{ ok: true, at: 5 }]);
  });
});

describe("submit tasks", () => {
  const submit: Task = { name: "submit", args: { script: "run.script" } };
  const world = (requests: unknown[]): World => ({
    backend: {
      submit$: (request) =>
        defer(() => {
          requests.push(request);
          return of({ job: "77" });
        }),
      watch$: () => NEVER,
    },
  });

  it("a submit task submits a job, and does not wait for its end", () => {
    const requests: unknown[] = [];
    const events = play(() =>
      ensemble$(
        contextOf(planOf([batchOf({ runs: 1, post_run: [submit], shared: { script: "more.sh" } })]), world(requests), {
          submission: false,
        }),
      ),
    );
    expect(requests).toEqual([
      {
        ...{ name: "b-0", script: "more.sh", directory: "/scratch/b-0", watched: false, guard: true },
        token: "1.b-0.1.1.post_run[0]",
      },
    ]);
    expect(events.filter(({ type }) => type.startsWith("job."))).toEqual([
      {
        type: "job.submitting",
        script: "more.sh",
        token: "1.b-0.1.1.post_run[0]",
        ...ids,
        task: "post_run[0]",
        at: 0,
      },
      { type: "job.submitted", job: "77", ...ids, task: "post_run[0]", at: 0 },
    ]);
    expect(only(events, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it("outside runs, the job of a submit task has the name of its batch or of the ensemble", () => {
    const requests: unknown[] = [];
    const script: Task = { name: "submit", args: { script: "s.sh" } };
    play(() =>
      ensemble$(
        contextOf(planOf([batchOf({ runs: 0, pre_batch: [script] })], { post_process: [script] }), world(requests)),
      ),
    );
    expect(requests).toEqual([
      { name: "b", script: "s.sh", directory: "/work", watched: false, token: "1.b.1.pre_batch[0]", guard: true },
      { name: "e", script: "s.sh", directory: "/start", watched: false, token: "1.post_process[0]", guard: true },
    ]);
  });

  it.each([
    ["a number", 7, "7"],
    ["a date", new Timestamp("2020-01-05"), "2020-01-05"],
  ])("the script of a submit task may be a reference to %s", (_, script, printed) => {
    const requests: unknown[] = [];
    play(() =>
      ensemble$(
        contextOf(planOf([batchOf({ runs: 1, pre_run: [submit], shared: { script } })]), world(requests), {
          submission: false,
        }),
      ),
    );
    expect(requests).toMatchObject([{ script: printed }]);
  });

  it("the job of a submit task has a guard unless its batch has `guard: false`", () => {
    const requests: unknown[] = [];
    const script: Task = { name: "submit", args: { script: "s.sh" } };
    const batches = [batchOf({ runs: 0, pre_batch: [script], guard: false })];
    play(() => ensemble$(contextOf(planOf(batches, { pre_process: [script] }), world(requests))));
    expect(requests).toMatchObject([{ guard: true }, { guard: false }]);
  });

  it("a submit task that has to wait emits task.waiting, and submits again if no job follows", () => {
    const tokens: string[] = [];
    const events = play(() =>
      ensemble$(
        contextOf(
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
    const inTask = { ...ids, task: "pre_run[0]" };
    const intent = (token: string | undefined) => ({ type: "job.submitting", script: "s", token, ...inTask, at: 0 });
    const waits = (message: string) => ({ type: "task.waiting", message, ...inTask, name: "submit", at: 0 });
    expect(events.filter(({ type }) => type.startsWith("job.") || type === "task.waiting")).toEqual([
      intent(tries[0]),
      waits("busy 1"),
      intent(tries[1]),
      waits("busy 2"),
      intent(tries[2]),
      { type: "job.submitted", job: "77", ...inTask, at: 0 },
    ]);
    expect(only(events, "run.waiting")).toEqual([]);
    expect(only(events, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it("a submit task without a script does nothing", () => {
    const requests: unknown[] = [];
    const events = play(() =>
      ensemble$(contextOf(planOf([batchOf({ runs: 0, pre_batch: [{ name: "submit", args: {} }] })]), world(requests))),
    );
    expect(requests).toEqual([]);
    expect(events.at(-1)).toMatchObject({ ok: true });
  });

  it("a submit task that cannot submit its job fails its run", () => {
    const events = play(() =>
      ensemble$(
        contextOf(
          planOf([batchOf({ runs: 1, pre_run: [submit], shared: { script: "s" } })]),
          {
            backend: { submit$: () => failing$({ reason: "job", cause: "not_started" }) },
          },
          { submission: false },
        ),
      ),
    );
    expect(only(events, "run.finished")).toMatchObject([{ ok: false, failure: { reason: "job", task: "pre_run[0]" } }]);
  });
});

describe("tasks of an ensemble that is told to drain", () => {
  it("the tasks of a run that has started are all done while the ensemble drains", () => {
    const events = played([execute, execute, execute], {}, { stop: stopAt({ drain: 7 }) });
    expect(only(events, "run.finished")).toMatchObject([{ ok: true, at: 15 }]);
  });

  it("tasks that prepare for runs are not done while the ensemble drains", () => {
    const events = play(() =>
      ensemble$(contextOf(planOf([batchOf({ pre_batch: [execute, execute] })]), {}, { stop: stopAt({ drain: 3 }) })),
    );
    expect(only(events, "task.started").map(({ task }) => task)).toEqual(["pre_batch[0]"]);
    expect(only(events, "run.skipped")).toEqual([]);
    expect(events.at(-1)).toMatchObject({
      type: "ensemble.finished",
      interrupted: 6,
      skipped: 0,
      failure: { reason: "interrupted" },
    });
  });
});
