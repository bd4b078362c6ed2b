import { defer, EMPTY, throwError } from "rxjs";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Fact } from "../../lib/events/event.js";
import { Abandon } from "../../lib/events/failure.js";
import { endWithOutcome } from "../../lib/operators/end-with-outcome.js";
import { hear, virtual, wrong } from "../support/virtual.js";

const some: Fact = { type: "batch.started", batch: "b", runs: 1 };
const ended = (outcome: object): Fact => ({ type: "batch.finished", batch: "b", cycles: 1, ...outcome }) as Fact;
const end = endWithOutcome((outcome) => ended(outcome));
const endAndPass = endWithOutcome((outcome) => ended(outcome), { rethrow: true });
const abandon = new Abandon(wrong);

afterEach(() => {
  vi.useRealTimers();
});

describe("closing", () => {
  it("tells the end of work that went well, and how long it took", () =>
    virtual().run(({ cold, expectObservable }) => {
      const values = { a: some, e: ended({ ok: true, elapsed_s: 2.003 }) };
      expectObservable(cold("a-- 2s |", values).pipe(end)).toBe("a-- 2s (e|)", values);
    }));

  it("counts from its subscription", () =>
    virtual().run(({ cold, expectObservable }) => {
      const values = { a: some, e: ended({ ok: true, elapsed_s: 0.002 }) };
      expectObservable(cold("a-|", values).pipe(end), "----^").toBe("----a-(e|)", values);
    }));

  it("settles an abandon", () =>
    virtual().run(({ cold, expectObservable }) => {
      const values = { a: some, e: ended({ ok: false, failure: wrong, elapsed_s: 0.002 }) };
      expectObservable(cold("a-#", values, abandon).pipe(end)).toBe("a-(e|)", values);
    }));

  it("tells an abandon and passes it on, where somebody further out has to know", () =>
    virtual().run(({ cold, expectObservable }) => {
      const values = { a: some, e: ended({ ok: false, failure: wrong, elapsed_s: 0.002 }) };
      expectObservable(cold("a-#", values, abandon).pipe(endAndPass)).toBe("a-(e#)", values, abandon);
    }));

  it("lets a mistake of ours through, and tells no end", () =>
    virtual().run(({ cold, expectObservable }) => {
      const bug = new TypeError("bug");
      expectObservable(cold("a-#", { a: some }, bug).pipe(end)).toBe("a-#", { a: some }, bug);
    }));

  it("tells of no negative time when the clock is set back", () => {
    vi.useFakeTimers({ now: 1_000_000 });
    const told: Fact[] = [];
    const work$ = defer(() => {
      vi.setSystemTime(5000);
      return EMPTY;
    });
    hear(work$.pipe(end), (fact) => told.push(fact));
    expect(told).toEqual([ended({ ok: true, elapsed_s: 0 })]);
  });

  it("tells an end of its own to everybody who subscribes", () => {
    const told: Fact[] = [];
    const work$ = throwError(() => abandon).pipe(end);
    for (const _ of [1, 2]) hear(work$, (fact) => told.push(fact));
    expect(told).toHaveLength(2);
  });
});
