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
const played = <T>(stream: () => Observable<T>): readonly T[] => {
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
  readonly how: string;
  /** Seconds */
  readonly at: number;
}

const job$ = (on: Backend, name: string): Observable<JobReport> =>
  idsOf(on.submit$(jobOf(name))).pipe(concatMap((id) => on.watch$(id)));

const fate$ = (on: Backend, name: string): Observable<Fate> =>
  defer(() => {
    const began = asyncScheduler.now();
    return job$(on, name).pipe(
      concatMap((report) => (report.state === "ended" ? of(report) : [])),
      map(({ failure }) => ({
        name,
        how: failure === undefined ? "well" : causeOf(failure),
        at: (asyncScheduler.now() - began) / 1000,
      })),
    );
  });

/** How so many jobs end that are submitted in this order, by name. */
const fates = (text: string, count = 2000, order = (index: number) => index): readonly Fate[] => {
  const on = backend(text);
  return [...played(() => range(count).pipe(mergeMap((index) => fate$(on, `b-${order(index)}`))))].sort((a, b) =>
    a.name.localeCompare(b.name),
  );
};

const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

describe("simulated jobs", () => {
  it("run, and end when their time is over", () => {
    const on = backend("time=2s");
    const told = played(() => job$(on, "b-0").pipe(map((report) => ({ report, at: asyncScheduler.now() }))));
    expect(told).toEqual([
      { report: { state: "running" }, at: 0 },
      { report: { state: "ended" }, at: 2000 },
    ]);
  });

  it("take a second and succeed, if nothing is said", () => {
    expect(fates("", 3).map(({ how, at }) => [how, at])).toEqual(Array.from({ length: 3 }, () => ["well", 1]));
  });

  it("take as long as they are told: between, or about", () => {
    const between = fates("time=1..5s").map(({ at }) => at);
    expect([Math.min(...between) >= 1, Math.max(...between) <= 5]).toEqual([true, true]);
    expect(mean(between)).toBeCloseTo(3, 0);
    expect(Math.min(...between)).toBeLessThan(1.1);
    const about = fates("time=normal(100,10)").map(({ at }) => at);
    expect(Math.abs(mean(about) - 100)).toBeLessThan(1);
    expect(Math.abs(mean(about.map((at) => (at - 100) ** 2)) - 100)).toBeLessThan(10);
    expect(Math.min(...fates("time=normal(0,1)", 100).map(({ at }) => at))).toBe(0);
  });

  it("fail as often as they are told, and by what", () => {
    const ends = fates("fail=timeout:0.05,preempted:0.2 seed=7").map(({ how }) => how);
    const share = (how: string) => ends.filter((end) => end === how).length / ends.length;
    expect(Math.abs(share("job:timeout") - 0.05)).toBeLessThan(0.02);
    expect(Math.abs(share("job:preempted") - 0.2)).toBeLessThan(0.03);
    expect(share("well") + share("job:timeout") + share("job:preempted")).toBe(1);
    expect(fates("fail=1", 50).every(({ how }) => how === "job:failed")).toBe(true);
    expect(fates("fail=0", 50).every(({ how }) => how === "well")).toBe(true);
  });

  it("have their full time when they run out of it, and less when something else ends them", () => {
    expect(fates("time=10s fail=timeout:1", 20).every(({ at }) => at === 10)).toBe(true);
    expect(fates("time=10s fail=node_failure:1", 20).every(({ at }) => at < 10)).toBe(true);
  });

  it("have the same fate every time, whatever the order; and another with another seed", () => {
    const text = "time=1..5s fail=0.3 seed=42";
    const once = fates(text, 200);
    expect(fates(text, 200)).toEqual(once);
    expect(fates(text, 200, (index) => 199 - index)).toEqual(once);
    expect(fates("time=1..5s fail=0.3 seed=43", 200)).not.toEqual(once);
    expect(fates("time=1..5s fail=0.3 seed=4294967338", 200)).not.toEqual(once);
  });

  it("of the same name have fates of their own: a loop's second cycle is not its first", () => {
    const on = backend("time=1..5s");
    const [first, second] = played(() => concat(fate$(on, "b-0"), fate$(on, "b-0")));
    expect(first?.at).not.toBe(second?.at);
    const again = backend("time=1..5s");
    expect(played(() => concat(fate$(again, "b-0"), fate$(again, "b-0")))).toEqual([first, second]);
  });

  it("are counted by name until their time is over, watched or not", () => {
    const on = backend("time=2s");
    const submit$ = (name: string) => on.submit$(jobOf(name)).pipe(ignoreElements());
    const later$ = (ms: number) => timer(ms).pipe(concatMap(() => on.count$("b-")));
    const counts = played(() =>
      concat(submit$("b-0"), submit$("b-1"), submit$("c-0"), on.count$("b-"), on.count$(""), later$(1999), later$(2)),
    );
    expect(counts).toEqual([2, 3, 2, 0]);
  });

  it("are gone when they are let go of", () => {
    const on = backend("time=100s");
    const counts = played(() => {
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

  it("tell of a job that nobody has submitted", () => {
    expect(played(() => backend("").watch$("simulated-9"))).toMatchObject([
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
  ])("may be `%s`", (text) => {
    expect(() => parseSimulation(text)).not.toThrow();
  });

  it.each([
    ["tme=2s", 'it does not know "tme=2s"; it takes time=, fail= and seed='],
    ["2s", 'it does not know "2s"'],
    ["time=sometimes", 'time has to be like 2s, 1..5s or normal(10,2), and is "sometimes"'],
    ["time=-1", 'time has to be like 2s, 1..5s or normal(10,2), and is "-1"'],
    ["time=", "time has to be like"],
    ["time=5..1", "time=5..1 ends before it begins"],
    ["time=1e9", "time has to be like"],
    ["time=2000001", "a job takes at most 2000000 s"],
    ["fail=2", "a rate is from 0 to 1, and not 2"],
    ["fail=often", 'fail has to be like 0.1 or timeout:0.05,failed:0.1, and is "often"'],
    ["fail=", "fail has to be like"],
    ["fail=boredom:0.1", 'a job does not fail by "boredom"; it does by failed, timeout,'],
    ["fail=0.6,timeout:0.6", "the rates are more than 1 together"],
    ["seed=x", 'seed has to be a whole number of at most 15 digits, and is "x"'],
    ["seed=1 seed=2", "seed= stands there twice"],
  ])("is not `%s`", (text, message) => {
    expect(() => parseSimulation(text)).toThrow(RangeError);
    expect(() => parseSimulation(text)).toThrow(`--simulate: ${message}`);
  });
});
