/** The runs of a batch that repeats: each counts once, its last cycle decides, and a retry goes on where the loop ended. */
import { defer, takeWhile } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Effects, Place } from "../../lib/effects/effects.js";
import type { Fact } from "../../lib/events/event.js";
import { emptyHistory } from "../../lib/history/history.js";
import { reduceHistory } from "../../lib/history/reduce.js";
import { resume } from "../../lib/history/resume.js";
import type { Batch } from "../../lib/plan/plan.js";
import { reduce } from "../../lib/state/reduce.js";
import { initial, tally } from "../../lib/state/state.js";
import { ensemble$ } from "../../lib/stream/ensemble.js";
import {
  batchOf,
  check,
  checkFailed,
  commandFailed,
  contextOf,
  ending$,
  execute,
  failing$,
  holding$,
  jobFailed,
  only,
  planOf,
  play,
  settingsOf,
} from "../support/virtual.js";

/** The tasks that fail, as `task cycle` for the batch, and as `run task cycle` for a run. A job is the task `job`. */
type Failing = (step: string) => boolean;

interface Start {
  readonly fails: Failing;
  readonly retry?: boolean;
  readonly dies?: (fact: Fact, index: number) => boolean;
  readonly indexes?: readonly number[];
}

/** A loop of two runs that can be started any number of times. */
const loopOf = (over: Partial<Omit<Batch, "runs">>) => {
  const past = emptyHistory();
  const events: Fact[] = [];
  const plan = planOf([batchOf({ runs: 2, repeat: true, maxruns: 1, ...over })]);
  const start = ({ fails, retry = false, dies = () => false, indexes }: Start) => {
    const settings = settingsOf(indexes && { indexes });
    const found = resume(plan, structuredClone(past), { settings, retry });
    const step = ({ run, variables }: Place, what: string) =>
      [run?.id, what, Number(variables.batch_idx)].filter((part) => part !== undefined).join(" ");
    const perform$: Effects["perform$"] = (task, place, claim) =>
      defer(() => {
        if (!fails(step(place, claim.replace(/.*\./, "")))) return holding$(5);
        return failing$(task.name === "check" ? checkFailed : commandFailed);
      });
    let cycle = "";
    const watch$ = (job: string) =>
      defer(() => ending$(5, fails(`${job.replace("j-", "")} job ${cycle}`) ? jobFailed : undefined));
    const context = contextOf(found.plan, { perform$, backend: { watch$ } }, { ...settings, past: found.past });
    let index = 0;
    const started = play(() =>
      defer(() => ensemble$(context)).pipe(
        takeWhile((fact) => {
          if (fact.type === "run.started") cycle = String(fact.cycle);
          return !dies(fact, index++);
        }, true),
      ),
    );
    const opened = { type: "stream.opened", schema: "model-ensembler.events/2.1", boot: "b" } as Fact;
    for (const fact of [opened, ...started]) reduceHistory(past, fact);
    events.push(...started);
    const state = events.reduce(reduce, initial());
    return { events: started, state, last: started.at(-1)! };
  };
  return start;
};

const NOT_YET: Partial<Batch> = { post_run: [check], post_batch: [check] };
const ends = (facts: readonly Fact[]) =>
  only(facts, "run.finished").map(
    ({ run, cycle, ok, goes_on }) => `${run} ${cycle} ${ok ? "ok" : goes_on ? "goes on" : "failed"}`,
  );

describe("a `post_run` check with `fail: true` in a loop", () => {
  it("a run whose check does not hold goes on in the next cycle, and counts once, by its last cycle", () => {
    const { events, last, state } = loopOf(NOT_YET)({
      fails: (step) =>
        ["b-0 post_run[0] 1", "b-1 post_run[0] 1", "b-1 post_run[0] 2", "post_batch[0] 3"].includes(step),
    });
    expect(ends(events)).toEqual([
      "b-0 1 goes on",
      "b-1 1 goes on",
      "b-0 2 ok",
      "b-1 2 goes on",
      "b-0 3 ok",
      "b-1 3 ok",
    ]);
    expect(only(events, "batch.finished")).toMatchObject([{ ok: true, cycles: 3, succeeded: 2, failed: 0 }]);
    expect(last).toMatchObject({ ok: true, succeeded: 2, failed: 0, skipped: 0, interrupted: 0 });
    expect([state.failures, state.failureCount, state.causes.size, state.overruled]).toEqual([[], 0, 0, 0]);
  });

  it("a run whose check does not hold in the last cycle has failed, with the check as the cause", () => {
    const { last, state } = loopOf(NOT_YET)({ fails: (step) => /^b-1 post_run|^post_batch\[0\] 2/.test(step) });
    expect(last).toMatchObject({ ok: false, succeeded: 1, failed: 1, failure: { runs: 1 } });
    expect([...state.causes]).toEqual([["check", 1]]);
    expect(state.failures).toMatchObject([{ run: "b-1", failure: { task: "post_run[0]" } }]);
    expect(state.failureCount).toBe(1);
  });

  it("a check in pre_run that says that a run is done overrules the check that said that it was not", () => {
    const { events, last } = loopOf({ ...NOT_YET, pre_run: [check] })({
      fails: (step) => ["b-0 post_run[0] 1", "b-0 pre_run[0] 2", "b-1 pre_run[0] 2", "post_batch[0] 2"].includes(step),
    });
    expect(only(events, "run.skipped").map(({ run, earlier }) => [run, earlier])).toEqual([
      ["b-0", undefined],
      ["b-1", { ok: true }],
    ]);
    expect(last).toMatchObject({ ok: true, succeeded: 1, failed: 0, skipped: 1 });
  });

  it("in a batch that does not repeat, the check fails its run", () => {
    const { events } = loopOf({ ...NOT_YET, repeat: false })({ fails: (step) => step === "b-0 post_run[0] 1" });
    expect(ends(events)).toEqual(["b-0 1 failed", "b-1 1 ok"]);
  });
});

describe("failures of a loop that a later cycle overrules, or not", () => {
  it("the last cycle decides of a run whose job failed in an earlier one, and the state counts the failure", () => {
    const { last, state } = loopOf(NOT_YET)({ fails: (step) => ["b-0 job 1", "post_batch[0] 2"].includes(step) });
    expect(last).toMatchObject({ ok: true, succeeded: 2, failed: 0 });
    expect([state.overruled, state.failures, state.causes.size]).toEqual([1, [], 0]);
  });

  it("a run that failed before its job is not done again, and has failed in the end", () => {
    const { events, last, state } = loopOf({ ...NOT_YET, pre_run: [execute] })({
      fails: (step) => ["b-0 pre_run[0] 1", "post_batch[0] 3"].includes(step),
    });
    expect(only(events, "run.skipped").map(({ run, because, earlier }) => [run, because, earlier?.ok])).toEqual([
      ["b-0", "no_job", false],
      ["b-0", "no_job", false],
    ]);
    expect(last).toMatchObject({ ok: false, succeeded: 1, failed: 1, skipped: 0 });
    expect([[...state.causes], state.failures.length, state.failureCount, state.overruled]).toEqual([
      [["command", 1]],
      1,
      1,
      0,
    ]);
  });

  it("a run that a check in pre_run skips in the last cycle counts by the cycle in which it was done", () => {
    const { last } = loopOf({ pre_run: [check], post_batch: [check], post_run: [execute] })({
      fails: (step) => /pre_run\[0\] 2$/.test(step) || ["b-0 post_run[0] 1", "post_batch[0] 2"].includes(step),
    });
    expect(last).toMatchObject({ ok: false, succeeded: 1, failed: 1, skipped: 0 });
  });

  it("a loop that pre_batch ends counts the cycle before", () => {
    const { last, state, events } = loopOf({ pre_batch: [check], post_run: [check] })({
      fails: (step) => ["b-0 post_run[0] 2", "pre_batch[0] 3"].includes(step),
    });
    expect(only(events, "batch.finished")).toMatchObject([{ ok: true, cycles: 3, succeeded: 1, failed: 1 }]);
    expect(last).toMatchObject({ ok: false, succeeded: 1, failed: 1, interrupted: 0 });
    expect([[...state.causes], state.failures.length, state.failureCount]).toEqual([[["check", 1]], 1, 1]);
  });

  it("at every moment of a loop, each run counts once", () => {
    const { events } = loopOf({ ...NOT_YET, pre_run: [check] })({
      fails: (step) => ["b-0 post_run[0] 1", "b-1 job 1", "b-1 pre_run[0] 3", "post_batch[0] 3"].includes(step),
    });
    const state = initial();
    for (const fact of events) {
      reduce(state, fact);
      if (state.batches.size === 0) continue;
      const { succeeded, failed, skipped, interrupted } = tally(state);
      expect(succeeded + failed + skipped + interrupted, JSON.stringify(fact)).toBe(2);
    }
  });
});

describe("later starts of a loop", () => {
  const LOOPS: readonly (readonly [string, Partial<Batch>, readonly string[]])[] = [
    ["post_batch ends", NOT_YET, ["b-0 post_run[0] 1", "b-1 post_run[0] 1", "b-1 post_run[0] 2", "post_batch[0] 2"]],
    [
      "pre_batch ends",
      { pre_batch: [check], post_run: [check] },
      ["b-0 post_run[0] 1", "b-1 post_run[0] 2", "pre_batch[0] 3"],
    ],
    [
      "skips runs",
      { ...NOT_YET, pre_run: [check, execute] },
      ["b-0 pre_run[1] 1", "b-1 job 1", "b-1 pre_run[0] 3", "post_batch[0] 3"],
    ],
  ];

  it.each(LOOPS)(
    "a loop that %s ends with the same counts, after whatever fact the program died",
    { timeout: 300_000 },
    (_, batch, failing) => {
      const fails = (step: string) => failing.includes(step);
      const { events, last } = loopOf(batch)({ fails });
      const counts = ({ ok, succeeded, failed, skipped, interrupted }: Fact & { type: "ensemble.finished" }) =>
        JSON.stringify({ ok, succeeded, failed, skipped, interrupted });
      for (const death of events.keys()) {
        const start = loopOf(batch);
        start({ fails, dies: (_fact, index) => index === death });
        const again = start({ fails });
        expect(counts(only(again.events, "ensemble.finished")[0]!), JSON.stringify(events[death])).toBe(
          counts(last as Fact & { type: "ensemble.finished" }),
        );
        const third = start({ fails });
        expect(counts(only(third.events, "ensemble.finished")[0]!), JSON.stringify(events[death])).toBe(
          counts(last as Fact & { type: "ensemble.finished" }),
        );
      }
    },
  );

  const stuck = (step: string) => /^b-1 post_run/.test(step) || ["post_batch[0] 2", "pre_batch[0] 3"].includes(step);
  const steps = (facts: readonly Fact[]) =>
    only(facts, "run.started").map(({ run, cycle, attempt }) => `${run} ${cycle} ${attempt}`);

  it("--retry-failed does the failed run of a loop that post_batch has ended once more, and the loop may go on", () => {
    const start = loopOf(NOT_YET);
    expect(start({ fails: stuck }).last).toMatchObject({ ok: false, failed: 1 });
    expect(start({ fails: stuck }).last).toMatchObject({ ok: false, failed: 1, succeeded: 1 });
    const again = start({ fails: (step) => step === "post_batch[0] 3", retry: true });
    expect(steps(again.events)).toEqual(["b-1 2 2", "b-0 3 1", "b-1 3 1"]);
    expect(again.last).toMatchObject({ ok: true, succeeded: 2, failed: 0 });
  });

  it.each([false, true])(
    "--retry-failed does the failed run of a loop that pre_batch has ended, killed meanwhile: %s",
    (killed) => {
      const start = loopOf({ pre_batch: [check], post_run: [check] });
      expect(start({ fails: stuck }).last).toMatchObject({ ok: false, failed: 1, succeeded: 1 });
      const fails = (step: string) => ["pre_batch[0] 3", "pre_batch[0] 4"].includes(step);
      if (killed) start({ fails, retry: true, dies: ({ type }) => type === "job.submitted" });
      const again = start({ fails, retry: !killed });
      expect(new Set(only(again.events, "run.started").map(({ run }) => run))).toEqual(new Set(["b-1"]));
      expect(again.last).toMatchObject({ ok: true, succeeded: 2, failed: 0 });
    },
  );

  it("--retry-failed leaves a run that goes on by itself to the next cycle", () => {
    const start = loopOf(NOT_YET);
    const fails = (step: string) => /post_run\[0\] 1$/.test(step) || step === "post_batch[0] 2";
    start({ fails, dies: (fact) => fact.type === "run.finished" && fact.run === "b-1" });
    const again = start({ fails, retry: true });
    expect(steps(again.events)).toEqual(["b-0 2 1", "b-1 2 1"]);
    expect(again.last).toMatchObject({ ok: true, succeeded: 2 });
  });
});
