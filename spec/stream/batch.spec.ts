import { defer, map, of, timer } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Batch } from "../../lib/plan/plan.js";
import type { Settings } from "../../lib/plan/settings.js";
import { ensemble$ } from "../../lib/stream/ensemble.js";
import {
  batchOf,
  check,
  doing,
  ending$,
  execute,
  failing$,
  holding$,
  jobFailed,
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

const played = (batches: readonly Batch[], world: World = {}, settings: Parameters<typeof sceneOf>[2] = {}) =>
  play(() => ensemble$(sceneOf(planOf(batches), world, settings)));

/** Holds so often, then refuses. */
const holdsFor = (times: number) => {
  let looks = 0;
  return () => defer(() => (++looks > times ? failing$(refuses) : holding$(5)));
};

describe("a batch", () => {
  it("does pre_batch before its first run, and post_batch after its last", () => {
    const told = played([batchOf({ runs: 3, maxruns: 1, pre_batch: [execute], post_batch: [execute] })]);
    const order = told.filter(({ type }) => /^(task|run|batch)\.(started|finished)/.test(type)).map(({ type }) => type);
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

  it("without runs is done when its tasks are", () => {
    const told = played([batchOf({ runs: 0, pre_batch: [execute], post_batch: [execute] })]);
    expect(only(told, "batch.finished")).toMatchObject([{ ok: true, cycles: 1, elapsed_s: 0.01 }]);
    expect(told.at(-1)).toMatchObject({ ok: true, succeeded: 0 });
  });

  it("whose pre_batch fails runs nothing, and the others go on", () => {
    const told = played([batchOf({ name: "a", pre_batch: [execute] }), batchOf({ name: "z" })], {
      perform$: () => failing$(wrong),
    });
    expect(only(told, "batch.finished").map(({ batch, ok }) => [batch, ok])).toEqual([
      ["a", false],
      ["z", true],
    ]);
    expect(new Set(only(told, "run.started").map(({ batch }) => batch))).toEqual(new Set(["z"]));
    expect(told.at(-1)).toMatchObject({
      ok: false,
      succeeded: 6,
      interrupted: 6,
      failure: { reason: "parts", runs: 0, batches: 1 },
    });
  });

  it("whose post_batch fails has failed, and its runs have not", () => {
    const told = played([batchOf({ post_batch: [execute, execute] })], { perform$: () => failing$(wrong) });
    expect(only(told, "task.started")).toHaveLength(1);
    expect(only(told, "batch.finished")).toMatchObject([{ ok: false, failure: { ...wrong, task: "post_batch[0]" } }]);
    expect(told.at(-1)).toMatchObject({
      ok: false,
      succeeded: 6,
      interrupted: 0,
      failure: { reason: "parts", runs: 0, batches: 1 },
    });
  });

  it("does post_batch though runs failed", () => {
    const told = played([batchOf({ post_batch: [execute] })], { backend: { watch$: () => ending$(5, jobFailed) } });
    expect(only(told, "task.finished")).toMatchObject([{ task: "post_batch[0]", ok: true }]);
    expect(only(told, "batch.finished")).toMatchObject([{ ok: true }]);
  });

  it("whose base directory cannot be made does nothing", () => {
    const failure = { reason: "directory", directory: "/work", message: "read-only" } as const;
    const told = played([batchOf({ pre_batch: [execute] })], { open$: () => failing$(failure) });
    expect(types(told)).not.toContain("task.started");
    expect(types(told)).not.toContain("run.started");
    expect(only(told, "batch.finished")).toMatchObject([{ ok: false, failure }]);
  });

  it("looks at its templates after pre_batch, and runs nothing where they are wrong", () => {
    const failure = { reason: "template", file: "a.liquid", line: 3, message: "undefined variable" } as const;
    const told = played([batchOf({ pre_batch: [execute] })], { check$: () => failing$(failure) });
    expect(only(told, "task.finished")).toMatchObject([{ ok: true }]);
    expect(types(told)).not.toContain("run.started");
    expect(only(told, "batch.finished")).toMatchObject([{ ok: false, failure }]);
  });
});

describe("batches", () => {
  it("run at once", () => {
    const told = played([batchOf({ name: "a" }), batchOf({ name: "z" })]);
    expect(only(told, "batch.started").map(({ batch, at }) => [batch, at])).toEqual([
      ["a", 0],
      ["z", 0],
    ]);
  });

  const chain = (...names: readonly string[]) =>
    names.map((name, index) =>
      batchOf({ name, runs: 1, pre_batch: [execute], after: names.slice(Math.max(0, index - 1), index) }),
    );
  const spans = (told: ReturnType<typeof played>) =>
    only(told, "batch.finished").map(({ batch, at }) => [
      batch,
      only(told, "batch.started").find((fact) => fact.batch === batch)?.at,
      at,
    ]);

  it("start when all those that they come after have ended", () => {
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

  it("start after one that failed, too", () => {
    const told = played(chain("a", "b", "c"), {
      perform$: doing({ "pre_batch[0]": ({ batch }) => (batch?.name === "a" ? failing$(wrong) : holding$(5)) }),
    });
    expect(spans(told)).toEqual([
      ["a", 0, 5],
      ["b", 5, 111],
      ["c", 111, 217],
    ]);
  });

  it("start after one that has ended at once", () => {
    const told = played([batchOf({ name: "a", runs: 0 }), batchOf({ name: "b", runs: 1, after: ["a"] })]);
    expect(spans(told)).toEqual([
      ["a", 0, 0],
      ["b", 0, 101],
    ]);
  });

  it("that come after others do not start any more when it is told to drain", () => {
    const told = played(chain("a", "b", "c"), {}, { stop: stopAt({ drain: 50 }) });
    expect(only(told, "batch.started").map(({ batch }) => batch)).toEqual(["a"]);
    expect(told.at(-1)).toMatchObject({
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

  it("starts again until a check in post_batch says that all is done, which is no failure", () => {
    const told = looping({ post_batch: [check] }, { perform$: doing({ "post_batch[0]": holdsFor(2) }) });
    expect(only(told, "cycle.started").map(({ cycle }) => cycle)).toEqual([1, 2, 3]);
    expect(only(told, "run.finished").map(({ run, cycle }) => `${run} ${cycle}`)).toEqual([
      ...["b-0 1", "b-1 1", "b-0 2", "b-1 2", "b-0 3", "b-1 3"],
    ]);
    expect(only(told, "batch.finished")).toMatchObject([{ ok: true, cycles: 3 }]);
    expect(told.at(-1)).toMatchObject({ ok: true, succeeded: 6, interrupted: 0 });
  });

  it("ends by a check in pre_batch too", () => {
    const told = looping({ pre_batch: [check] }, { perform$: doing({ "pre_batch[0]": holdsFor(2) }) });
    expect(only(told, "cycle.started")).toHaveLength(3);
    expect(only(told, "run.finished")).toHaveLength(4);
    expect(only(told, "batch.finished")).toMatchObject([{ ok: true, cycles: 3 }]);
    expect(told.at(-1)).toMatchObject({ ok: true, succeeded: 4, interrupted: 0 });
  });

  it("does not end well by anything else", () => {
    const told = looping({ post_batch: [execute] }, { perform$: () => failing$(wrong) });
    expect(only(told, "batch.finished")).toMatchObject([{ ok: false, cycles: 1, failure: wrong }]);
    const late = looping(
      { post_batch: [{ ...check, timeout: 1 }] },
      { perform$: () => of({ holds: false, message: "no" }) },
    );
    expect(only(late, "batch.finished")).toMatchObject([{ ok: false, failure: { reason: "timeout" } }]);
  });

  it("a check that fails ends no batch well that does not repeat", () => {
    const told = played([batchOf({ post_batch: [check] })], { perform$: () => failing$(refuses) });
    expect(only(told, "batch.finished")).toMatchObject([{ ok: false, failure: refuses }]);
  });

  it("gives runs and tasks the number of the cycle", () => {
    const seen: unknown[] = [];
    looping(
      { runs: 1, pre_run: [execute], post_batch: [check] },
      {
        perform$: doing({
          "pre_run[0]": ({ variables }) => (seen.push(variables.batch_idx), holding$(1)),
          "post_batch[0]": (place) => (
            seen.push(["post", place.variables.batch_idx]), seen.length < 4 ? holding$(1) : failing$(refuses)
          ),
        }),
      },
    );
    expect(seen).toEqual([1, ["post", 1], 2, ["post", 2]]);
  });

  it("leaves a run out whose pre_run check does not hold, which is no failure", () => {
    const told = looping(
      { pre_run: [check], post_batch: [check] },
      {
        perform$: doing({
          "pre_run[0]": ({ run }) => (run?.index === 0 ? failing$(refuses) : holding$(5)),
          "post_batch[0]": holdsFor(1),
        }),
      },
    );
    expect(only(told, "run.skipped").map(({ run, cycle, because }) => [run, cycle, because])).toEqual([
      ["b-0", 1, "check"],
      ["b-0", 2, "no_job"],
    ]);
    expect(only(told, "run.finished").map(({ run, ok }) => [run, ok])).toEqual([
      ["b-1", true],
      ["b-1", true],
    ]);
    expect(told.at(-1)).toMatchObject({ ok: true, succeeded: 2, skipped: 2, failed: 0 });
  });

  it("fails a run whose post_run check does not hold", () => {
    const told = looping({ runs: 1, post_run: [check], post_batch: [check] }, { perform$: () => failing$(refuses) });
    expect(only(told, "run.finished")).toMatchObject([
      { ok: false, failure: { reason: "check", task: "post_run[0]" } },
    ]);
  });

  it("tries a run again whose job failed, and not one that got no job", () => {
    const told = looping(
      { pre_run: [execute], post_batch: [check] },
      {
        perform$: doing({
          "pre_run[0]": ({ run }) => (run?.index === 0 ? failing$(wrong) : holding$(5)),
          "post_batch[0]": holdsFor(1),
        }),
        backend: { watch$: () => ending$(5, jobFailed) },
      },
    );
    expect(only(told, "run.finished").map(({ run, cycle }) => [run, cycle])).toEqual([
      ["b-0", 1],
      ["b-1", 1],
      ["b-1", 2],
    ]);
    expect(only(told, "run.skipped").map(({ run, because }) => [run, because])).toEqual([["b-0", "no_job"]]);
  });

  it("ends when no run is left that gets a job", () => {
    const told = looping({ pre_run: [check] }, { perform$: () => failing$(refuses) });
    expect(only(told, "batch.finished")).toMatchObject([{ ok: true, cycles: 1 }]);
    expect(only(looping({}, {}, { skips: 2 }), "batch.finished")).toMatchObject([{ ok: true, cycles: 1 }]);
  });

  it("ends after one cycle with -s: no run gets a job", () => {
    expect(only(looping({}, {}, { submission: false }), "batch.finished")).toMatchObject([{ ok: true, cycles: 1 }]);
  });

  it("goes on with runs that have no job file at all", () => {
    const { job_file: _, ...jobless } = batchOf({ runs: 2, repeat: true, post_batch: [check] });
    const told = played([jobless], { perform$: doing({ "post_batch[0]": holdsFor(3) }) });
    expect(only(told, "batch.finished")).toMatchObject([{ ok: true, cycles: 4 }]);
  });

  it("a submit task is no job of the run's own", () => {
    const told = looping(
      { runs: 1, pre_run: [{ name: "submit", args: { script: "s" } }, execute], post_batch: [check] },
      { perform$: doing({ "pre_run[1]": () => failing$(wrong) }) },
    );
    expect(only(told, "job.submitted")).toMatchObject([{ task: "pre_run[0]" }]);
    expect(only(told, "batch.finished")).toMatchObject([{ cycles: 1 }]);
  });

  it("starts no other cycle when it is told to drain, and is not done then", () => {
    for (const drain of [50, 103]) {
      const told = played([batchOf({ runs: 2, repeat: true, post_batch: [check] })], {}, { stop: stopAt({ drain }) });
      expect(only(told, "cycle.started")).toHaveLength(1);
      expect(only(told, "batch.finished"), `told at ${drain}`).toMatchObject([
        { ok: false, cycles: 1, failure: { reason: "interrupted" } },
      ]);
    }
  });

  it("goes round a thousand times", () => {
    let looks = 0;
    const told = looping(
      { runs: 1, post_batch: [check] },
      {
        perform$: () =>
          defer(() => (++looks > 1000 ? failing$(refuses, 0) : timer(0).pipe(map(() => ({ holds: true as const }))))),
      },
    );
    expect(only(told, "batch.finished")).toMatchObject([{ ok: true, cycles: 1001 }]);
  });
});
