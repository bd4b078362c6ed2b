import { describe, expect, it } from "vitest";
import type { Fact, InRun } from "../../lib/events/event.js";
import type { Failure } from "../../lib/events/failure.js";
import { KEPT } from "../../lib/state/cycles.js";
import { reduce } from "../../lib/state/reduce.js";
import { batchesFailed, initial, type State, tally } from "../../lib/state/state.js";
import { ensemble$ } from "../../lib/stream/ensemble.js";
import { startedWith } from "../support/story.js";
import {
  batchOf,
  check,
  checkFailed,
  commandFailed,
  contextOf,
  doing,
  ending$,
  execute,
  failing$,
  holding$,
  jobFailed,
  only,
  planOf,
  play,
  stopAt,
  type World,
} from "../support/virtual.js";

const folded = (facts: readonly Fact[]): State => facts.reduce(reduce, initial());

const played = (
  batches: Parameters<typeof planOf>[0],
  world: World = {},
  settings: Parameters<typeof contextOf>[2] = {},
  over: Parameters<typeof planOf>[1] = {},
) => play(() => ensemble$(contextOf(planOf(batches, over), world, settings)));

/** The state before the first fact that matches. */
const stateBefore = (facts: readonly Fact[], matches: (fact: Fact) => boolean) =>
  folded(facts.slice(0, facts.findIndex(matches)));

const run0: InRun = { batch: "b", run: "b-0", cycle: 1, attempt: 1 };
const started = startedWith({ batch: "b", runs: 9, maxruns: 3, maxjobs: 2, after: [] });
const runStarted = (run: string, time?: string): Fact => ({
  type: "run.started",
  index: 0,
  directory: `/scratch/${run}`,
  ...run0,
  run,
  ...(time && { time }),
});
const runFailed = (run: string, failure: Failure, elapsed_s = 1): Fact => ({
  type: "run.finished",
  ...run0,
  run,
  ok: false,
  failure,
  elapsed_s,
});

describe("the tally of runs", () => {
  it("the tally adds up to all runs at every moment", () => {
    const world: World = {
      perform$: doing({ "pre_run[0]": ({ run }) => (run?.index === 3 ? failing$(commandFailed) : holding$(5)) }),
    };
    const facts = played([batchOf({ runs: 7, pre_run: [execute] }), batchOf({ name: "z" })], world, { skips: 1 });
    for (let cut = 1; cut <= facts.length; cut += 1) {
      const { succeeded, failed, skipped, interrupted } = tally(folded(facts.slice(0, cut)));
      expect(succeeded + failed + skipped + interrupted, `after ${cut} facts`).toBe(13);
    }
    expect(tally(folded(facts))).toEqual({ succeeded: 10, failed: 1, skipped: 2, interrupted: 0 });
  });

  it("the tally equals the counts in ensemble.finished", () => {
    for (const stop of [stopAt({}), stopAt({ drain: 40 }), stopAt({ now: 120 })]) {
      const facts = played([batchOf(), batchOf({ name: "z", after: ["b"] })], {}, { stop });
      const { succeeded, failed, skipped, interrupted } = only(facts, "ensemble.finished")[0]!;
      expect(tally(folded(facts))).toEqual({ succeeded, failed, skipped, interrupted });
    }
  });

  it("runs that were interrupted or never started count as interrupted, not as skipped", () => {
    const drained = played([batchOf(), batchOf({ name: "z", after: ["b"] })], {}, { stop: stopAt({ drain: 40 }) });
    expect(tally(folded(drained))).toEqual({ succeeded: 2, failed: 0, skipped: 0, interrupted: 10 });
    const letGo = played([batchOf()], {}, { stop: stopAt({ now: 150 }) });
    expect(tally(folded(letGo))).toEqual({ succeeded: 2, failed: 0, skipped: 0, interrupted: 4 });
  });

  it("the runs of a batch whose own task failed count as interrupted", () => {
    const facts = played([batchOf({ pre_batch: [execute] })], { perform$: () => failing$(commandFailed) });
    expect(tally(folded(facts))).toEqual({ succeeded: 0, failed: 0, skipped: 0, interrupted: 6 });
    expect(batchesFailed(folded(facts))).toBe(1);
  });

  it("the tally counts each run of a repeating batch once, and none as interrupted if pre_batch ends the last cycle", () => {
    let polls = 0;
    const facts = played([batchOf({ repeat: true, pre_batch: [check] })], {
      perform$: () => (++polls > 2 ? failing$(checkFailed) : holding$(5)),
    });
    expect(tally(folded(facts))).toEqual({ succeeded: 6, failed: 0, skipped: 0, interrupted: 0 });
    const batch = folded(facts).batches.get("b");
    expect(batch).toMatchObject({ cycle: 3, ended: 6, last: { succeeded: 6 } });
  });
});

describe("runs in progress", () => {
  const facts = played([batchOf({ pre_run: [check], post_run: [execute], maxjobs: 1 })]);

  it("the runs in progress are in the order of their starts", () => {
    const state = stateBefore(facts, ({ type }) => type === "run.finished");
    expect([...state.active.keys()]).toEqual(["b-0", "b-1", "b-2"]);
    expect(state.batches.get("b")).toMatchObject({ active: 3, ended: 0 });
    expect(folded(facts).active.size).toBe(0);
    expect(folded(facts).batches.get("b")).toMatchObject({ active: 0, ended: 6 });
  });

  const phaseAt = (matches: (fact: Fact) => boolean) => {
    const run = folded(facts.slice(0, facts.findIndex(matches) + 1)).active.get("b-0");
    return [run?.phase, run?.task?.task, run?.job];
  };
  const ofFirst = (type: Fact["type"], task?: string) => (fact: Fact) =>
    fact.type === type &&
    "run" in fact &&
    fact.run === "b-0" &&
    (task === undefined || ("task" in fact && fact.task === task));

  it("a run in progress has its phase, its task and its job", () => {
    expect(phaseAt(ofFirst("run.started"))).toEqual(["prepare", undefined, undefined]);
    expect(phaseAt(ofFirst("task.started"))).toEqual(["pre_run", "pre_run[0]", undefined]);
    expect(phaseAt(ofFirst("task.finished"))).toEqual(["pre_run", undefined, undefined]);
    expect(phaseAt(ofFirst("job.submitting"))).toEqual(["job", undefined, undefined]);
    expect(phaseAt(ofFirst("job.submitted"))).toEqual(["job", undefined, "j-b-0"]);
    expect(phaseAt(ofFirst("task.started", "post_run[0]"))).toEqual(["post_run", "post_run[0]", "j-b-0"]);
  });

  it("a run in progress has the reason for its wait until the wait ends", () => {
    const state = folded([started, runStarted("b-0")]);
    const run = () => state.active.get("b-0");
    reduce(state, { type: "run.waiting", because: "storage", message: "disk full", ...run0 });
    expect(run()).toMatchObject({ phase: "prepare", waiting: "disk full" });
    reduce(state, { type: "run.prepared", ...run0 });
    expect(run()).toMatchObject({ phase: "ready" });
    expect(run()?.waiting).toBeUndefined();
    const task = { task: "pre_run[0]", name: "check" };
    reduce(state, { type: "task.started", ...task, ...run0 });
    reduce(state, { type: "task.waiting", message: "no file", ...task, ...run0 });
    expect(run()?.task?.waiting).toBe("no file");
    reduce(state, { type: "task.finished", ok: true, elapsed_s: 1, ...task, ...run0 });
    expect(run()?.task).toBeUndefined();
    reduce(state, { type: "run.waiting", because: "maxjobs", ...run0 });
    expect(run()).toMatchObject({ phase: "maxjobs", waiting: "maxjobs" });
    reduce(state, { type: "job.submitting", script: "j", ...run0 });
    expect(run()).toMatchObject({ phase: "job" });
    expect(run()?.waiting).toBeUndefined();
  });

  it("the clock of a phase runs on through all tasks of the phase", () => {
    const at = (s: number) => ({ seq: s, time: `2026-01-01T00:00:0${s}.000Z` });
    const task = (index: number) => ({ task: `pre_run[${index}]`, name: "execute", ...run0 });
    const state = folded([started, runStarted("b-0", at(0).time)]);
    reduce(state, { type: "task.started", ...task(0), ...at(1) });
    reduce(state, { type: "task.finished", ok: true, elapsed_s: 1, ...task(0), ...at(2) });
    reduce(state, { type: "task.started", ...task(1), ...at(3) });
    expect(state.active.get("b-0")).toMatchObject({ since: at(1).time, task: { since: at(3).time } });
    reduce(state, { type: "job.submitting", script: "j", ...run0, ...at(4) });
    expect(state.active.get("b-0")).toMatchObject({ phase: "job", since: at(4).time });
  });

  it("a run in progress has the state of its job until the job ends", () => {
    const state = folded([started, runStarted("b-0"), { type: "job.changed", job: "1", state: "running", ...run0 }]);
    expect(state.active.get("b-0")?.jobState).toBe("running");
    reduce(state, { type: "job.finished", job: "1", ok: true, elapsed_s: 1, ...run0 });
    expect(state.active.get("b-0")?.jobState).toBeUndefined();
  });

  it("a run in progress has the message on its job until the next report on the job", () => {
    const state = folded([started, runStarted("b-0"), { type: "job.submitted", job: "7", ...run0 }]);
    const changed = { type: "job.changed", job: "7", ...run0 } as const;
    const run = () => state.active.get("b-0");
    reduce(state, { ...changed, state: "held", reason: "JobHeldUser", message: "scontrol release 7" });
    expect(run()).toMatchObject({ jobState: "held", jobMessage: "scontrol release 7" });
    reduce(state, { ...changed, state: "pending", reason: "Priority" });
    expect(run()).toMatchObject({ jobState: "pending" });
    expect(run()).not.toHaveProperty("jobMessage");
    for (const end of [
      { type: "job.vanished", job: "7", evidence: {}, ...run0 },
      { type: "job.finished", job: "7", ok: true, elapsed_s: 1, ...run0 },
    ] as const) {
      reduce(state, { ...changed, state: "blocked", message: "its partition is down" });
      reduce(state, end);
      expect(run()).not.toHaveProperty("jobState");
      expect(run()).not.toHaveProperty("jobMessage");
    }
  });

  it("a run in progress has no job after its job vanished, and then the next job", () => {
    const state = folded([started, runStarted("b-0"), { type: "job.submitting", script: "j", ...run0 }]);
    reduce(state, { type: "job.submitted", job: "7", ...run0 });
    reduce(state, { type: "job.vanished", job: "7", evidence: {}, ...run0 });
    expect(state.active.get("b-0")).toMatchObject({ phase: "job" });
    expect(state.active.get("b-0")).not.toHaveProperty("job");
    reduce(state, { type: "job.submitted", job: "8", ...run0 });
    expect(state.active.get("b-0")).toMatchObject({ job: "8" });
  });

  it("a run that waits for the scheduler waits until the next submission or the job's id", () => {
    const waits: Fact = { type: "run.waiting", because: "scheduler", message: "it is busy", ...run0 };
    const state = folded([started, runStarted("b-0"), { type: "job.submitting", script: "j", ...run0 }]);
    const run = () => state.active.get("b-0");
    for (const next of [
      { type: "job.submitting", script: "j", ...run0 },
      { type: "job.submitted", job: "7", ...run0 },
    ] as const) {
      reduce(state, waits);
      expect(run()).toMatchObject({ phase: "job", waiting: "it is busy" });
      reduce(state, next);
      expect(run()).toMatchObject({ phase: "job" });
      expect(run()).not.toHaveProperty("waiting");
    }
  });

  it("a run that adopts a job of an earlier start is in the phase `job`", () => {
    const state = folded([started, runStarted("b-0"), { type: "job.submitted", job: "7", ...run0 }]);
    expect(state.active.get("b-0")).toMatchObject({ phase: "job", job: "7" });
  });

  it("a run does not take a submit task's job for its own", () => {
    const task = "pre_run[0]";
    const state = folded([started, runStarted("b-0"), { type: "job.submitting", script: "s", task, ...run0 }]);
    reduce(state, { type: "job.submitted", job: "9", task, ...run0 });
    expect(state.active.get("b-0")).toMatchObject({ phase: "prepare" });
    expect(state.active.get("b-0")?.job).toBeUndefined();
  });
});

describe("tasks outside runs", () => {
  it("tasks outside runs belong to their batch or to the ensemble", () => {
    const facts = played([batchOf({ runs: 0, pre_batch: [execute] })], {}, {}, { pre_process: [execute] });
    const first = facts.findIndex(({ type }) => type === "task.started");
    const second = facts.findLastIndex(({ type }) => type === "task.started");
    expect(folded(facts.slice(0, first + 1)).task?.task).toBe("pre_process[0]");
    expect(folded(facts.slice(0, second + 1)).batches.get("b")?.task?.task).toBe("pre_batch[0]");
    expect(folded(facts).task).toBeUndefined();
    expect(folded(facts).batches.get("b")?.task).toBeUndefined();
  });
});

describe("failures", () => {
  it("the state keeps each failure once, with its batch and run", () => {
    const facts = played([batchOf({ runs: 1 }), batchOf({ name: "z", runs: 0, post_batch: [execute] })], {
      perform$: () => failing$(commandFailed),
      backend: { watch$: () => ending$(5, jobFailed) },
    });
    expect(folded(facts).failures).toEqual([
      { failure: { ...commandFailed, task: "post_batch[0]" }, batch: "z" },
      { failure: jobFailed, batch: "b", run: "b-0", directory: "/scratch/b-0" },
    ]);
  });

  it("a failure of the ensemble itself is kept, with or without a task", () => {
    const failure: Failure = { reason: "template", file: "a", message: "no" };
    const byTemplates = played([batchOf()], { check$: () => failing$(failure) }, {}, { pre_process: [execute] });
    expect(folded(byTemplates).failures).toEqual([{ failure }]);
    const byTask = played([batchOf()], { perform$: () => failing$(commandFailed) }, {}, { pre_process: [execute] });
    expect(folded(byTask).failures).toEqual([{ failure: { ...commandFailed, task: "pre_process[0]" } }]);
  });

  it("an ensemble that was told to stop has no failures", () => {
    for (const stop of [stopAt({ drain: 40 }), stopAt({ now: 40 })]) {
      expect(folded(played([batchOf()], {}, { stop })).failures).toEqual([]);
    }
  });

  it("the state keeps failures up to a limit, and counts all", () => {
    const state = initial();
    for (let index = 0; index < KEPT + 500; index += 1) reduce(state, runFailed(`b-${index}`, jobFailed));
    reduce(state, runFailed("b-x", { ...jobFailed, cause: "timeout" }));
    expect(state.failures).toHaveLength(KEPT);
    expect(state.failures[0]?.run).toBe("b-0");
    expect(state.failureCount).toBe(KEPT + 501);
    expect(Object.fromEntries(state.causes)).toEqual({ "job:failed": KEPT + 500, "job:timeout": 1 });
  });
});

describe("the slowest runs", () => {
  it("the state keeps the five slowest runs, slowest first, failed ones too", () => {
    const took = [3, 9, 1, 7, 5, 8, 2, 9];
    const { slowest } = folded(took.map((s, index) => runFailed(`b-${index}`, commandFailed, s)));
    expect(slowest).toEqual([
      { run: "b-1", elapsed_s: 9 },
      { run: "b-7", elapsed_s: 9 },
      { run: "b-5", elapsed_s: 8 },
      { run: "b-3", elapsed_s: 7 },
      { run: "b-4", elapsed_s: 5 },
    ]);
  });
});

describe("reduce", () => {
  it("the events of an ensemble can be folded from any event on, for a reader that subscribes late", () => {
    const facts = played([batchOf({ pre_run: [check], post_run: [execute], pre_batch: [execute] })]);
    for (let from = 1; from < facts.length; from += 1) expect(() => folded(facts.slice(from))).not.toThrow();
  });

  it("the state keeps nothing of runs that have ended", () => {
    const state = folded([started]);
    for (let index = 0; index < 10_000; index += 1) {
      reduce(state, runStarted(`b-${index}`));
      reduce(state, { type: "run.finished", ...run0, run: `b-${index}`, ok: true, elapsed_s: index });
    }
    expect(state.active.size).toBe(0);
    expect(state.slowest).toHaveLength(5);
    expect(state.batches.get("b")).toMatchObject({ succeeded: 10_000, active: 0 });
  });

  it("an event costs no more with 10,000 runs in progress than with a few", () => {
    // Compares the CPU time of the same events with a small and a large state: a slow machine is slow for both.
    const cost = (inProgress: number) => {
      const state = folded([started]);
      for (let index = 0; index < inProgress; index += 1) reduce(state, runStarted(`b-${index}`));
      const before = process.cpuUsage();
      for (let index = 0; index < 5000; index += 1) {
        reduce(state, runStarted(`c-${index}`));
        reduce(state, runFailed(`c-${index}`, commandFailed, index));
      }
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    cost(10);
    expect(cost(10_000)).toBeLessThan(100_000 + 5 * cost(10));
  });

  it("the state shows that the scheduler does not answer, until it answers again", () => {
    const silent: Fact = { type: "backend.silent", message: "squeue does not answer" };
    const state = folded([started, { type: "backend.noted", message: "a word" }]);
    expect(state.silent).toBeUndefined();
    reduce(state, silent);
    expect(state.silent).toEqual(silent);
    reduce(state, { type: "backend.answered" });
    expect(state.silent).toBeUndefined();
    // Another start polls the scheduler anew.
    expect(folded([started, silent, started]).silent).toBeUndefined();
  });

  it("the state keeps the start, the stop and the end of the ensemble", () => {
    const facts = played([batchOf()], {}, { stop: stopAt({ drain: 40 }) });
    expect(folded(facts)).toMatchObject({
      started: { ensemble: "e" },
      stopping: { how: "drain", message: "SIGINT" },
      finished: { ok: false, interrupted: 4 },
    });
  });
});
