import { concat, defer, EMPTY, of, throwError } from "rxjs";
import { describe, expect, it } from "vitest";
import { Abandon } from "../../lib/events/failure.js";
import { ensemble$ } from "../../lib/stream/ensemble.js";
import {
  batchOf,
  checkFailed,
  commandFailed,
  contextOf,
  diskFull,
  doing,
  execute,
  failing$,
  only,
  peak,
  planOf,
  play,
  types,
  type World,
} from "../support/virtual.js";

const played = (
  batch: Parameters<typeof batchOf>[0],
  world: World = {},
  settings: Parameters<typeof contextOf>[2] = {},
) => play(() => ensemble$(contextOf(planOf([batchOf(batch)]), world, settings)));

const ids = { batch: "b", run: "b-0", cycle: 1, attempt: 1 };

describe("a run", () => {
  it("a run is prepared, then does pre_run, its job and post_run", () => {
    const events = played({ runs: 1, pre_run: [execute], post_run: [execute] });
    expect(types(events)).toEqual([
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
    expect(only(events, "run.started")).toEqual([
      { type: "run.started", index: 0, directory: "/scratch/b-0", ...ids, at: 0 },
    ]);
    expect(only(events, "run.finished")).toEqual([
      { type: "run.finished", ...ids, ok: true, elapsed_s: 0.111, at: 111 },
    ]);
  });

  it("a run whose task fails is abandoned, and its batch goes on", () => {
    const events = played(
      { pre_run: [execute] },
      {
        perform$: doing({
          "pre_run[0]": ({ run }) => (run?.index === 2 ? failing$(commandFailed) : of({ holds: true })),
        }),
      },
    );
    const finished = only(events, "run.finished");
    expect(finished.filter(({ ok }) => !ok).map(({ run }) => run)).toEqual(["b-2"]);
    expect(finished).toHaveLength(6);
    expect(only(events, "batch.finished")).toMatchObject([{ ok: true }]);
    expect(events.at(-1)).toMatchObject({
      ok: false,
      succeeded: 5,
      failed: 1,
      failure: { reason: "parts", runs: 1, batches: 0 },
    });
  });

  it("a run whose directory cannot be made is abandoned before anything is done in it", () => {
    const failure = { reason: "directory", directory: "/scratch/b-0", message: "exists already" } as const;
    const events = played({ runs: 1, pre_run: [execute], post_run: [execute] }, { prepare$: () => failing$(failure) });
    expect(types(events)).not.toContain("run.prepared");
    expect(types(events)).not.toContain("task.started");
    expect(types(events)).not.toContain("job.submitting");
    expect(only(events, "run.finished")).toMatchObject([{ ok: false, failure }]);
  });

  it("a run waits for as long as the disk is full, and emits run.waiting once", () => {
    let tries = 0;
    const prepare$ = () => defer(() => (++tries < 4 ? throwError(() => new Abandon(diskFull)) : EMPTY));
    const events = played({ runs: 1 }, { prepare$ }, { error_timeout: 120 });
    expect(only(events, "run.waiting")).toEqual([
      { type: "run.waiting", because: "storage", message: "/work: no space left (ENOSPC)", ...ids, at: 0 },
    ]);
    expect(only(events, "run.prepared")).toMatchObject([{ at: 360_000 }]);
    expect(only(events, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it("a task and a job wait while this machine has no room for another process", () => {
    const crowded = { reason: "not_started", command: "x", message: "too many processes", code: "EAGAIN" } as const;
    const tries = { task: 0, job: 0 };
    const full$ = (what: keyof typeof tries) =>
      defer(() => (++tries[what] < 4 ? throwError(() => new Abandon(crowded)) : EMPTY));
    const { backend } = contextOf(planOf([batchOf({ runs: 1 })])).effects;
    const events = played(
      { runs: 1, pre_run: [execute] },
      {
        perform$: () => concat(full$("task"), of({ holds: true } as const)),
        backend: { ...backend, submit$: (job) => concat(full$("job"), backend.submit$(job)) },
      },
    );
    const message = "`x` could not be started: too many processes";
    expect(only(events, "task.waiting")).toMatchObject([{ task: "pre_run[0]", message }]);
    expect(only(events, "run.waiting")).toMatchObject([{ because: "machine", message }]);
    expect(tries).toEqual({ task: 4, job: 4 });
    expect(only(events, "job.submitting")).toHaveLength(1);
    expect(only(events, "run.finished")).toMatchObject([{ ok: true }]);
  });

  it("a run does not wait for a file system that is read-only", () => {
    const events = played(
      { runs: 1 },
      { prepare$: () => failing$({ ...diskFull, reason: "storage", code: "EROFS" } as typeof diskFull) },
    );
    expect(only(events, "run.waiting")).toEqual([]);
    expect(only(events, "run.finished")).toMatchObject([{ ok: false, failure: { code: "EROFS" }, at: 5 }]);
  });

  it("in a batch that does not repeat, a check with `fail: true` that does not hold fails its run", () => {
    const events = played({ runs: 1, pre_run: [execute] }, { perform$: () => failing$(checkFailed) });
    expect(only(events, "run.finished")).toMatchObject([{ ok: false, failure: { reason: "check" } }]);
    expect(only(events, "run.skipped")).toEqual([]);
  });
});

describe("maxruns", () => {
  it("maxruns limits the runs in progress", () => {
    const events = played({ runs: 20, maxruns: 8, maxjobs: 8, pre_run: [execute] });
    expect(peak(events, "run.started", "run.finished")).toBe(8);
    expect(only(events, "run.finished").filter(({ ok }) => ok)).toHaveLength(20);
  });

  it("maxruns also counts runs that wait for a slot", () => {
    const events = played({ runs: 6, maxruns: 3, maxjobs: 1 });
    expect(peak(events, "run.started", "run.finished")).toBe(3);
    expect(only(events, "run.started").map(({ at }) => at)).toEqual([0, 0, 0, 101, 202, 303]);
  });

  it("maxruns may be more than the number of runs", () => {
    const events = played({ runs: 2, maxruns: 1_000_000_000 });
    expect(only(events, "run.finished")).toHaveLength(2);
  });

  it("runs start in the order of the configuration", () => {
    const events = played({ runs: 6, maxruns: 1 });
    expect(only(events, "run.started").map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe("runs that the command line skips", () => {
  const skipped = (settings: Parameters<typeof contextOf>[2]) => {
    const events = played({ runs: 5 }, {}, settings);
    expect(events.at(-1)).toMatchObject({ ok: true });
    return {
      skipped: only(events, "run.skipped").map(({ run, because }) => `${run} ${because}`),
      done: only(events, "run.finished").map(({ run }) => run),
    };
  };

  it("-k skips the first runs", () => {
    expect(skipped({ skips: 2 })).toEqual({ skipped: ["b-0 skips", "b-1 skips"], done: ["b-2", "b-3", "b-4"] });
  });

  it("-i skips all runs but those that it names", () => {
    expect(skipped({ indexes: [1, 3, 99] })).toEqual({
      skipped: ["b-0 indexes", "b-2 indexes", "b-4 indexes"],
      done: ["b-1", "b-3"],
    });
  });

  it("-k and -i together skip each run that one of them skips", () => {
    expect(skipped({ skips: 2, indexes: [1, 3] }).done).toEqual(["b-3"]);
  });

  it("the command line may skip all runs", () => {
    expect(skipped({ skips: 5 }).done).toEqual([]);
    expect(skipped({ indexes: [] }).done).toEqual([]);
  });

  it("runs that the command line skips count as skipped", () => {
    expect(played({ runs: 5 }, {}, { skips: 2 }).at(-1)).toMatchObject({ succeeded: 3, skipped: 2, interrupted: 0 });
  });
});
