/** Simulated jobs in virtual time, and the text of `--simulate`. */
import {
  asyncScheduler,
  concat,
  concatMap,
  defer,
  ignoreElements,
  map,
  mergeMap,
  type Observable,
  of,
  range,
  timer,
  toArray,
} from "rxjs";
import { describe, expect, it } from "vitest";
import { parseSimulation, simulated } from "../../../lib/backends/simulated/simulated.js";
import type { Backend, JobReport, JobRequest } from "../../../lib/effects/backend.js";
import { causeOf } from "../../../lib/events/failure.js";
import { idsOf } from "../../support/emitted.js";
import { virtual } from "../../support/virtual.js";

const backend = (text: string): Backend => simulated(parseSimulation(text), "simulated");

/** All that a stream emits in virtual time. */
const emittedBy = <T>(stream: () => Observable<T>): readonly T[] => {
  const emitted: T[] = [];
  virtual().run(({ flush }) => {
    stream().subscribe({ next: (value) => emitted.push(value), error: (error: unknown) => expect.fail(String(error)) });
    flush();
  });
  return emitted;
};

const jobOf = (name: string): JobRequest => ({
  ...{ name, script: "job.sh", directory: "/", watched: true, token: "t", guard: true },
});

interface Fate {
  readonly name: string;
  readonly end: string;
  /** Seconds */
  readonly at: number;
}

const job$ = (on: Backend, name: string): Observable<JobReport> =>
  idsOf(on.submit$(jobOf(name))).pipe(concatMap((id) => on.watch$(id)));

const fate$ = (on: Backend, name: string): Observable<Fate> =>
  defer(() => {
    const start = asyncScheduler.now();
    return job$(on, name).pipe(
      concatMap((report) => (report.state === "ended" ? of(report) : [])),
      map(({ failure }) => ({
        name,
        end: failure === undefined ? "succeeded" : causeOf(failure),
        at: (asyncScheduler.now() - start) / 1000,
      })),
    );
  });

/** How so many jobs end that are submitted in this order; sorted by name. */
const fates = (text: string, count = 2000, order = (index: number) => index): readonly Fate[] => {
  const on = backend(text);
  return [...emittedBy(() => range(count).pipe(mergeMap((index) => fate$(on, `b-${order(index)}`))))].sort((a, b) =>
    a.name.localeCompare(b.name),
  );
};

const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

describe("simulated jobs", () => {
  it("a simulated job runs, and ends when its time is over", () => {
    const on = backend("time=2s");
    const reports = emittedBy(() => job$(on, "b-0").pipe(map((report) => ({ report, at: asyncScheduler.now() }))));
    expect(reports).toEqual([
      { report: { state: "running" }, at: 0 },
      { report: { state: "ended" }, at: 2000 },
    ]);
  });

  it("a simulated job takes a second and succeeds by default", () => {
    expect(fates("", 3).map(({ end, at }) => [end, at])).toEqual(Array.from({ length: 3 }, () => ["succeeded", 1]));
  });

  it("simulated jobs take times between two limits, or normally distributed ones", () => {
    const between = fates("time=1..5s").map(({ at }) => at);
    expect([Math.min(...between) >= 1, Math.max(...between) <= 5]).toEqual([true, true]);
    expect(mean(between)).toBeCloseTo(3, 0);
    expect(Math.min(...between)).toBeLessThan(1.1);
    const about = fates("time=normal(100,10)").map(({ at }) => at);
    expect(Math.abs(mean(about) - 100)).toBeLessThan(1);
    expect(Math.abs(mean(about.map((at) => (at - 100) ** 2)) - 100)).toBeLessThan(10);
    expect(Math.min(...fates("time=normal(0,1)", 100).map(({ at }) => at))).toBe(0);
  });

  it("simulated jobs fail by each cause as often as its rate says", () => {
    const ends = fates("fail=timeout:0.05,preempted:0.2 seed=7").map(({ end }) => end);
    const share = (wanted: string) => ends.filter((end) => end === wanted).length / ends.length;
    expect(Math.abs(share("job:timeout") - 0.05)).toBeLessThan(0.02);
    expect(Math.abs(share("job:preempted") - 0.2)).toBeLessThan(0.03);
    expect(share("succeeded") + share("job:timeout") + share("job:preempted")).toBe(1);
    expect(fates("fail=1", 50).every(({ end }) => end === "job:failed")).toBe(true);
    expect(fates("fail=0", 50).every(({ end }) => end === "succeeded")).toBe(true);
  });

  it("a simulated job that times out takes its full time, and one that fails otherwise takes less", () => {
    expect(fates("time=10s fail=timeout:1", 20).every(({ at }) => at === 10)).toBe(true);
    expect(fates("time=10s fail=node_failure:1", 20).every(({ at }) => at < 10)).toBe(true);
  });

  it("simulated jobs have the same fate in any order, and another one with another seed", () => {
    const text = "time=1..5s fail=0.3 seed=42";
    const once = fates(text, 200);
    expect(fates(text, 200)).toEqual(once);
    expect(fates(text, 200, (index) => 199 - index)).toEqual(once);
    expect(fates("time=1..5s fail=0.3 seed=43", 200)).not.toEqual(once);
    expect(fates("time=1..5s fail=0.3 seed=4294967338", 200)).not.toEqual(once);
  });

  it("simulated jobs of the same name each have their own fate, as in the cycles of a loop", () => {
    const on = backend("time=1..5s");
    const [first, second] = emittedBy(() => concat(fate$(on, "b-0"), fate$(on, "b-0")));
    expect(first?.at).not.toBe(second?.at);
    const again = backend("time=1..5s");
    expect(emittedBy(() => concat(fate$(again, "b-0"), fate$(again, "b-0")))).toEqual([first, second]);
  });

  it("simulated jobs are counted by name until their time is over, without a watcher too", () => {
    const on = backend("time=2s");
    const submit$ = (name: string) => on.submit$(jobOf(name)).pipe(ignoreElements());
    const later$ = (ms: number) => timer(ms).pipe(concatMap(() => on.count$("b-")));
    const counts = emittedBy(() =>
      concat(submit$("b-0"), submit$("b-1"), submit$("c-0"), on.count$("b-"), on.count$(""), later$(1999), later$(2)),
    );
    expect(counts).toEqual([2, 3, 2, 0]);
  });

  it("a simulated job is gone when its watcher unsubscribes", () => {
    const on = backend("time=100s");
    const counts = emittedBy(() => {
      const watching = job$(on, "b-0").subscribe();
      return concat(
        on.count$(""),
        defer(() => {
          watching.unsubscribe();
          return on.count$("");
        }),
      ).pipe(toArray());
    });
    expect(counts).toEqual([[1, 0]]);
  });

  it("a simulated job that was never submitted is reported as not started", () => {
    expect(emittedBy(() => backend("").watch$("simulated-9"))).toMatchObject([
      { state: "ended", failure: { cause: "not_started" } },
    ]);
  });
});

describe("the text of a simulation", () => {
  it.each([
    "time=2",
    "time=2s",
    "time=0",
    "time=0.5..1.5s",
    "time=1s..5s",
    "time=normal(10, 2)",
    "fail=0.1",
    "fail=timeout:0.5,failed:0.5",
    "fail=0.1,timeout:0.1",
    "fail=failed:0.1,timeout:0.2,preempted:0.3,node_failure:0.1,out_of_memory:0.1,cancelled:0.2",
    "seed=0",
    "time=1..5s fail=0.1 seed=1",
    " seed=1  time=1s,fail=timeout:0.05,preempted:0.02 ",
    "time=normal(10,2),seed=3",
    "",
  ])("--simulate accepts `%s`", (text) => {
    expect(() => parseSimulation(text)).not.toThrow();
  });

  it.each([
    ["tme=2s", '"tme=2s" is unknown; the keys are time=, fail= and seed='],
    ["2s", '"2s" is unknown'],
    ["time=sometimes", 'time must be like 2s, 1..5s or normal(10,2), and is "sometimes"'],
    ["time=-1", 'time must be like 2s, 1..5s or normal(10,2), and is "-1"'],
    ["time=", "time must be like"],
    ["time=5..1", "time=5..1 must name the shorter time first"],
    ["time=1e9", "time must be like"],
    ["time=2000001", "a job may take at most 2000000 s"],
    ["fail=2", "a rate must be from 0 to 1, and is 2"],
    ["fail=often", 'fail must be like 0.1 or timeout:0.05,failed:0.1, and is "often"'],
    ["fail=", "fail must be like"],
    ["fail=boredom:0.1", 'the cause "boredom" is unknown; the causes are failed, timeout,'],
    ["fail=0.6,timeout:0.6", "the rates must add up to at most 1"],
    ["seed=x", 'seed must be a whole number of at most 15 digits, and is "x"'],
    ["seed=1 seed=2", "seed= is given twice"],
  ])("--simulate rejects `%s`", (text, message) => {
    expect(() => parseSimulation(text)).toThrow(RangeError);
    expect(() => parseSimulation(text)).toThrow(`--simulate: ${message}`);
  });
});
