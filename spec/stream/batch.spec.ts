import { defer, EMPTY, map, of, timer } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Batch } from "../../lib/plan/plan.js";
import type { Settings } from "../../lib/plan/settings.js";
import { ensemble$ } from "../../lib/stream/ensemble.js";
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
  types,
  type World,
} from "../support/virtual.js";

const played = (batches: readonly Batch[], world: World = {}, settings: Parameters<typeof contextOf>[2] = {}) =>
  play(() => ensemble$(contextOf(planOf(batches), world, settings)));

/** A check that holds `times` times, then fails. */
const holdsFor = (times: number) => {
  let polls = 0;
  return () => defer(() => (++polls > times ? failing$(checkFailed) : holding$(5)));
};

describe("a batch", () => {
  it("a batch does pre_batch before its first run, and post_batch after its last", () => {
    const events = played([batchOf({ runs: 3, maxruns: 1, pre_batch: [execute], post_batch: [execute] })]);
    const order = events
      .filter(({ type }) => /^(task|run|batch)\.(started|finished)/.test(type))
      .map(({ type }) => type);
    expect(order).toEqual([
      "batch.started",
      "task.started",
      "task.finished",
      ...["run.started", "run.finished", "run.started", "run.finished", "run.started", "run.finished"],
      "task.started",
      "task.finished",
      "batch.finished",
    ]);
  });

  it("a batch without runs does its tasks and succeeds", () => {
    const events = played([batchOf({ runs: 0, pre_batch: [execute], post_batch: [execute] })]);
    expect(only(events, "batch.finished")).toMatchObject([{ ok: true, cycles: 1, elapsed_s: 0.01 }]);
    expect(events.at(-1)).toMatchObject({ ok: true, succeeded: 0 });
  });

  it("batch.finished counts the runs of the batch by outcome", () => {
    const prepare$: World["prepare$"] = ({ run }) => (run.id === "b-1" ? failing$(commandFailed) : EMPTY);
    const events = played([batchOf({ runs: 3 }), batchOf({ name: "z", runs: 2 })], { prepare$ }, { skips: 1 });
    const counts = only(events, "batch.finished").map(({ batch, ok, succeeded, failed, skipped }) => [
      ...[batch, ok, succeeded, failed, skipped],
    ]);
    expect(counts.toSorted()).toEqual([
      ["b", true, 1, 1, 1],
      ["z", true, 1, 0, 1],
    ]);
  });

  it("a batch whose pre_batch fails starts no run, and other batches go on", () => {
    const events = played([batchOf({ name: "a", pre_batch: [execute] }), batchOf({ name: "z" })], {
      perform$: () => failing$(commandFailed),
    });
    expect(only(events, "batch.finished").map(({ batch, ok }) => [batch, ok])).toEqual([
      ["a", false],
      ["z", true],
    ]);
    expect(new Set(only(events, "run.started").map(({ batch }) => batch))).toEqual(new Set(["z"]));
    expect(events.at(-1)).toMatchObject({
      ok: false,
      succeeded: 6,
      interrupted: 6,
      failure: { reason: "parts", runs: 0, batches: 1 },
    });
  });

  it("a batch whose post_batch fails has failed, although its runs succeeded", () => {
    const events = played([batchOf({ post_batch: [execute, execute] })], { perform$: () => failing$(commandFailed) });
    expect(only(events, "task.started")).toHaveLength(1);
    expect(only(events, "batch.finished")).toMatchObject([
      { ok: false, failure: { ...commandFailed, task: "post_batch[0]" } },
    ]);
    expect(events.at(-1)).toMatchObject({
      ok: false,
      succeeded: 6,
      interrupted: 0,
      failure: { reason: "parts", runs: 0, batches: 1 },
    });
  });

  it("a batch does post_batch although runs failed", () => {
    const events = played([batchOf({ post_batch: [execute] })], { backend: { watch$: () => ending$(5, jobFailed) } });
    expect(only(events, "task.finished")).toMatchObject([{ task: "post_batch[0]", ok: true }]);
    expect(only(events, "batch.finished")).toMatchObject([{ ok: true }]);
  });

  it("a batch whose base directory cannot be made does nothing", () => {
    const failure = { reason: "directory", directory: "/work", message: "read-only" } as const;
    const events = played([batchOf({ pre_batch: [execute] })], { open$: () => failing$(failure) });
    expect(types(events)).not.toContain("task.started");
    expect(types(events)).not.toContain("run.started");
    expect(only(events, "batch.finished")).toMatchObject([{ ok: false, failure }]);
  });

  it("a batch checks its templates after pre_batch, and starts no run if a template is wrong", () => {
    const failure = { reason: "template", file: "a.liquid", line: 3, message: "undefined variable" } as const;
    const events = played([batchOf({ pre_batch: [execute] })], { check$: () => failing$(failure) });
    expect(only(events, "task.finished")).toMatchObject([{ ok: true }]);
    expect(types(events)).not.toContain("run.started");
    expect(only(events, "batch.finished")).toMatchObject([{ ok: false, failure }]);
  });
});

describe("batches", () => {
  it("batches run side by side", () => {
    const events = played([batchOf({ name: "a" }), batchOf({ name: "z" })]);
    expect(only(events, "batch.started").map(({ batch, at }) => [batch, at])).toEqual([
      ["a", 0],
      ["z", 0],
    ]);
  });

  const chain = (...names: readonly string[]) =>
    names.map((name, index) =>
      batchOf({ name, runs: 1, pre_batch: [execute], after: names.slice(Math.max(0, index - 1), index) }),
    );
  const spans = (events: ReturnType<typeof played>) =>
    only(events, "batch.finished").map(({ batch, at }) => [
      batch,
      only(events, "batch.started").find((fact) => fact.batch === batch)?.at,
      at,
    ]);

  it("a batch starts when all batches in its `after` have ended", () => {
    expect(spans(played(chain("a", "b", "c")))).toEqual([
      ["a", 0, 106],
      ["b", 106, 212],
      ["c", 212, 318],
    ]);
    const both = [
      batchOf({ name: "a", runs: 1 }),
      batchOf({ name: "b", runs: 1, post_run: [execute] }),
      batchOf({ name: "c", runs: 1, after: ["a", "b"] }),
    ];
    expect(spans(played(both))).toEqual([
      ["a", 0, 101],
      ["b", 0, 106],
      ["c", 106, 207],
    ]);
  });

  it("a batch starts even if a batch in its `after` failed", () => {
    const events = played(chain("a", "b", "c"), {
      perform$: doing({ "pre_batch[0]": ({ batch }) => (batch?.name === "a" ? failing$(commandFailed) : holding$(5)) }),
    });
    expect(spans(events)).toEqual([
      ["a", 0, 5],
      ["b", 5, 111],
      ["c", 111, 217],
    ]);
  });

  it("a batch starts even if a batch in its `after` ended at once", () => {
    const events = played([batchOf({ name: "a", runs: 0 }), batchOf({ name: "b", runs: 1, after: ["a"] })]);
    expect(spans(events)).toEqual([
      ["a", 0, 0],
      ["b", 0, 101],
    ]);
  });

  it("a batch that needs the success of another starts only if all runs of that one have succeeded", () => {
    const plan = [
      batchOf({ name: "a", runs: 2 }),
      batchOf({ name: "b", runs: 1, after: ["a"], needs: ["a"] }),
      batchOf({ name: "c", runs: 1, after: ["b"], needs: ["b"] }),
      batchOf({ name: "d", runs: 1, after: ["b"] }),
    ];
    expect(only(played(plan), "batch.started").map(({ batch }) => batch)).toEqual(["a", "b", "c", "d"]);
    const failing: World = { backend: { watch$: (job) => ending$(5, job === "j-a-1" ? jobFailed : undefined) } };
    const events = played(plan, failing);
    expect(only(events, "batch.held").map(({ batch, needs }) => [batch, needs])).toEqual([
      ["b", "a"],
      ["c", "b"],
    ]);
    expect(only(events, "batch.started").map(({ batch }) => batch)).toEqual(["a", "d"]);
    expect(events.at(-1)).toMatchObject({ ok: false, succeeded: 2, failed: 1, interrupted: 2 });
  });

  it("a draining ensemble does not start a batch that has to come after others", () => {
    const events = played(chain("a", "b", "c"), {}, { stop: stopAt({ drain: 50 }) });
    expect(only(events, "batch.started").map(({ batch }) => batch)).toEqual(["a"]);
    expect(events.at(-1)).toMatchObject({
      succeeded: 1,
      interrupted: 2,
      skipped: 0,
      failure: { reason: "interrupted" },
      at: 106,
    });
  });
});

describe("a batch that repeats", () => {
  const looping = (batch: Parameters<typeof batchOf>[0], world: World, settings: Partial<Settings> = {}) =>
    played([batchOf({ runs: 2, repeat: true, ...batch })], world, settings);

  it("a repeating batch succeeds when a check in post_batch does not hold", () => {
    const events = looping({ post_batch: [check] }, { perform$: doing({ "post_batch[0]": holdsFor(2) }) });
    expect(only(events, "cycle.started").map(({ cycle }) => cycle)).toEqual([1, 2, 3]);
    expect(only(events, "run.finished").map(({ run, cycle }) => `${run} ${cycle}`)).toEqual([
      ...["b-0 1", "b-1 1", "b-0 2", "b-1 2", "b-0 3", "b-1 3"],
    ]);
    expect(only(events, "batch.finished")).toMatchObject([{ ok: true, cycles: 3 }]);
    expect(events.at(-1)).toMatchObject({ ok: true, succeeded: 2, interrupted: 0 });
  });

  it("a repeating batch succeeds when a check in pre_batch does not hold", () => {
    const events = looping({ pre_batch: [check] }, { perform$: doing({ "pre_batch[0]": holdsFor(2) }) });
    expect(only(events, "cycle.started")).toHaveLength(3);
    expect(only(events, "run.finished")).toHaveLength(4);
    expect(only(events, "batch.finished")).toMatchObject([{ ok: true, cycles: 3 }]);
    expect(events.at(-1)).toMatchObject({ ok: true, succeeded: 2, interrupted: 0 });
  });

  it("a repeating batch fails if a task fails in any other way", () => {
    const events = looping({ post_batch: [execute] }, { perform$: () => failing$(commandFailed) });
    expect(only(events, "batch.finished")).toMatchObject([{ ok: false, cycles: 1, failure: commandFailed }]);
    const late = looping(
      { post_batch: [{ ...check, timeout: 1 }] },
      { perform$: () => of({ holds: false, message: "no" }) },
    );
    expect(only(late, "batch.finished")).toMatchObject([{ ok: false, failure: { reason: "timeout" } }]);
  });

  it("a batch that does not repeat fails if a check does not hold", () => {
    const events = played([batchOf({ post_batch: [check] })], { perform$: () => failing$(checkFailed) });
    expect(only(events, "batch.finished")).toMatchObject([{ ok: false, failure: checkFailed }]);
  });

  it("a repeating batch gives its runs and tasks the number of the cycle", () => {
    const seen: unknown[] = [];
    looping(
      { runs: 1, pre_run: [execute], post_batch: [check] },
      {
        perform$: doing({
          "pre_run[0]": ({ variables }) => (seen.push(variables.batch_idx), holding$(1)),
          "post_batch[0]": (place) => (
            seen.push(["post", place.variables.batch_idx]), seen.length < 4 ? holding$(1) : failing$(checkFailed)
          ),
        }),
      },
    );
    expect(seen).toEqual([1, ["post", 1], 2, ["post", 2]]);
  });

  it("a repeating batch skips a run whose pre_run check does not hold", () => {
    const events = looping(
      { pre_run: [check], post_batch: [check] },
      {
        perform$: doing({
          "pre_run[0]": ({ run }) => (run?.index === 0 ? failing$(checkFailed) : holding$(5)),
          "post_batch[0]": holdsFor(1),
        }),
      },
    );
    expect(only(events, "run.skipped").map(({ run, cycle, because }) => [run, cycle, because])).toEqual([
      ["b-0", 1, "check"],
      ["b-0", 2, "no_job"],
    ]);
    expect(only(events, "run.finished").map(({ run, ok }) => [run, ok])).toEqual([
      ["b-1", true],
      ["b-1", true],
    ]);
    expect(events.at(-1)).toMatchObject({ ok: true, succeeded: 1, skipped: 1, failed: 0 });
  });

  it("in a repeating batch, a post_run check that does not hold fails its run", () => {
    const events = looping(
      { runs: 1, post_run: [check], post_batch: [check] },
      { perform$: () => failing$(checkFailed) },
    );
    expect(only(events, "run.finished")).toMatchObject([
      { ok: false, failure: { reason: "check", task: "post_run[0]" } },
    ]);
  });

  it("a repeating batch repeats a run whose job failed, but not a run that submitted no job", () => {
    const events = looping(
      { pre_run: [execute], post_batch: [check] },
      {
        perform$: doing({
          "pre_run[0]": ({ run }) => (run?.index === 0 ? failing$(commandFailed) : holding$(5)),
          "post_batch[0]": holdsFor(1),
        }),
        backend: { watch$: () => ending$(5, jobFailed) },
      },
    );
    expect(only(events, "run.finished").map(({ run, cycle }) => [run, cycle])).toEqual([
      ["b-0", 1],
      ["b-1", 1],
      ["b-1", 2],
    ]);
    expect(only(events, "run.skipped").map(({ run, because }) => [run, because])).toEqual([["b-0", "no_job"]]);
  });

  it("a repeating batch ends when none of its runs submits a job any more", () => {
    const events = looping({ pre_run: [check] }, { perform$: () => failing$(checkFailed) });
    expect(only(events, "batch.finished")).toMatchObject([{ ok: true, cycles: 1 }]);
    expect(only(looping({}, {}, { skips: 2 }), "batch.finished")).toMatchObject([{ ok: true, cycles: 1 }]);
  });

  it("a repeating batch ends after one cycle with -s, since no run submits a job", () => {
    expect(only(looping({}, {}, { submission: false }), "batch.finished")).toMatchObject([{ ok: true, cycles: 1 }]);
  });

  it("a repeating batch without a job file repeats all its runs", () => {
    const { job_file: _, ...jobless } = batchOf({ runs: 2, repeat: true, post_batch: [check] });
    const events = played([jobless], { perform$: doing({ "post_batch[0]": holdsFor(3) }) });
    expect(only(events, "batch.finished")).toMatchObject([{ ok: true, cycles: 4 }]);
  });

  it("the job of a submit task does not count as the run's own", () => {
    const events = looping(
      { runs: 1, pre_run: [{ name: "submit", args: { script: "s" } }, execute], post_batch: [check] },
      { perform$: doing({ "pre_run[1]": () => failing$(commandFailed) }) },
    );
    expect(only(events, "job.submitted")).toMatchObject([{ task: "pre_run[0]" }]);
    expect(only(events, "batch.finished")).toMatchObject([{ cycles: 1 }]);
  });

  it("a repeating batch that drains starts no further cycle, and is interrupted", () => {
    for (const drain of [50, 103]) {
      const events = played([batchOf({ runs: 2, repeat: true, post_batch: [check] })], {}, { stop: stopAt({ drain }) });
      expect(only(events, "cycle.started")).toHaveLength(1);
      expect(only(events, "batch.finished"), `told at ${drain}`).toMatchObject([
        { ok: false, cycles: 1, failure: { reason: "interrupted" } },
      ]);
    }
  });

  it("a repeating batch repeats a thousand times", () => {
    let polls = 0;
    const events = looping(
      { runs: 1, post_batch: [check] },
      {
        perform$: () =>
          defer(() =>
            ++polls > 1000 ? failing$(checkFailed, 0) : timer(0).pipe(map(() => ({ holds: true as const }))),
          ),
      },
    );
    expect(only(events, "batch.finished")).toMatchObject([{ ok: true, cycles: 1001 }]);
  });
});
