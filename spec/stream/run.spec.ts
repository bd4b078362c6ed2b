import { defer, EMPTY, of, throwError } from "rxjs";
import { describe, expect, it } from "vitest";
import { Abandon } from "../../lib/events/failure.js";
import { ensemble$ } from "../../lib/stream/ensemble.js";
import {
  batchOf,
  diskFull,
  doing,
  execute,
  failing$,
  most,
  only,
  planOf,
  play,
  refuses,
  sceneOf,
  types,
  type World,
  wrong,
} from "../support/virtual.js";

const played = (
  batch: Parameters<typeof batchOf>[0],
  world: World = {},
  settings: Parameters<typeof sceneOf>[2] = {},
) => play(() => ensemble$(sceneOf(planOf([batchOf(batch)]), world, settings)));

const here = { batch: "b", run: "b-0", cycle: 1, attempt: 1 };

describe("a run", () => {
  it("is prepared, then pre_run, then its job, then post_run", () => {
    const told = played({ runs: 1, pre_run: [execute], post_run: [execute] });
    expect(types(told)).toEqual([
      "ensemble.started",
      "batch.started",
      "run.started",
      "run.preparing",
      "run.prepared",
      "task.started",
      "task.finished",
      "job.submitting",
      "job.submitted",
      "job.finished",
      "task.started",
      "task.finished",
      "run.finished",
      "batch.finished",
      "ensemble.finished",
    ]);
    expect(only(told, "run.started")).toEqual([
      { type: "run.started", index: 0, directory: "/scratch/b-0", ...here, at: 0 },
    ]);
    expect(only(told, "run.finished")).toEqual([
      { type: "run.finished", ...here, ok: true, elapsed_s: 0.111, at: 111 },
    ]);
  });

  it("abandons itself and not its batch when one of its tasks fails", () => {
    const told = played(
      { pre_run: [execute] },
      { perform$: doing({ "pre_run[0]": ({ run }) => (run?.index === 2 ? failing$(wrong) : of({ holds: true })) }) },
    );
    const finished = only(told, "run.finished");
    expect(finished.filter(({ ok }) => !ok).map(({ run }) => run)).toEqual(["b-2"]);
    expect(finished).toHaveLength(6);
    expect(only(told, "batch.finished")).toMatchObject([{ ok: true }]);
    expect(told.at(-1)).toMatchObject({
      ok: false,
      succeeded: 5,
      failed: 1,
      failure: { reason: "parts", runs: 1, batches: 0 },
    });
  });

  it("whose directory cannot be made is abandoned before anything is done in it", () => {
    const failure = { reason: "directory", directory: "/scratch/b-0", message: "exists already" } as const;
    const told = played({ runs: 1, pre_run: [execute], post_run: [execute] }, { prepare$: () => failing$(failure) });
    expect(types(told)).not.toContain("run.prepared");
    expect(types(told)).not.toContain("task.started");
    expect(types(told)).not.toContain("job.submitting");
    expect(only(told, "run.finished")).toMatchObject([{ ok: false, failure }]);
  });

  it("waits for as long as the disk is full, and says so once", () => {
    let tries = 0;
    const prepare$ = () => defer(() => (++tries < 4 ? throwError(() => new Abandon(diskFull)) : EMPTY));
    const told = played({ runs: 1 }, { prepare$ }, { error_timeout: 120 });
    expect(only(told, "run.waiting")).toEqual([
      { type: "run.waiting", because: "storage", message: "/work: no space left (ENOSPC)", ...here, at: 0 },
    ]);
    expect(only(told, "run.prepared")).toMatchObject([{ at: 360_000 }]);
    expect(only(told, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it("does not wait for a file system that is read-only", () => {
    const told = played(
      { runs: 1 },
      { prepare$: () => failing$({ ...diskFull, reason: "storage", code: "EROFS" } as typeof diskFull) },
    );
    expect(only(told, "run.waiting")).toEqual([]);
    expect(only(told, "run.finished")).toMatchObject([{ ok: false, failure: { code: "EROFS" }, at: 5 }]);
  });

  it("whose check with `fail: true` does not hold has failed, in a batch that does not repeat", () => {
    const told = played({ runs: 1, pre_run: [execute] }, { perform$: () => failing$(refuses) });
    expect(only(told, "run.finished")).toMatchObject([{ ok: false, failure: { reason: "check" } }]);
    expect(only(told, "run.skipped")).toEqual([]);
  });
});

describe("maxruns", () => {
  it("is how many runs are in progress at most", () => {
    const told = played({ runs: 20, maxruns: 8, maxjobs: 8, pre_run: [execute] });
    expect(most(told, "run.started", "run.finished")).toBe(8);
    expect(only(told, "run.finished").filter(({ ok }) => ok)).toHaveLength(20);
  });

  it("counts runs that wait for a job's seat", () => {
    const told = played({ runs: 6, maxruns: 3, maxjobs: 1 });
    expect(most(told, "run.started", "run.finished")).toBe(3);
    expect(only(told, "run.started").map(({ at }) => at)).toEqual([0, 0, 0, 101, 202, 303]);
  });

  it("may be more than there are runs", () => {
    const told = played({ runs: 2, maxruns: 1_000_000_000 });
    expect(only(told, "run.finished")).toHaveLength(2);
  });

  it("runs start in the order of the configuration", () => {
    const told = played({ runs: 6, maxruns: 1 });
    expect(only(told, "run.started").map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe("runs that the command line leaves out", () => {
  const skipped = (settings: Parameters<typeof sceneOf>[2]) => {
    const told = played({ runs: 5 }, {}, settings);
    expect(told.at(-1)).toMatchObject({ ok: true });
    return {
      skipped: only(told, "run.skipped").map(({ run, because }) => `${run} ${because}`),
      done: only(told, "run.finished").map(({ run }) => run),
    };
  };

  it("are the first ones with -k", () => {
    expect(skipped({ skips: 2 })).toEqual({ skipped: ["b-0 skips", "b-1 skips"], done: ["b-2", "b-3", "b-4"] });
  });

  it("are all but those of -i", () => {
    expect(skipped({ indexes: [1, 3, 99] })).toEqual({
      skipped: ["b-0 indexes", "b-2 indexes", "b-4 indexes"],
      done: ["b-1", "b-3"],
    });
  });

  it("are those of either, with both", () => {
    expect(skipped({ skips: 2, indexes: [1, 3] }).done).toEqual(["b-3"]);
  });

  it("may be all", () => {
    expect(skipped({ skips: 5 }).done).toEqual([]);
    expect(skipped({ indexes: [] }).done).toEqual([]);
  });

  it("are counted as skipped", () => {
    expect(played({ runs: 5 }, {}, { skips: 2 }).at(-1)).toMatchObject({ succeeded: 3, skipped: 2, interrupted: 0 });
  });
});
