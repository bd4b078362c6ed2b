import { defer, EMPTY, throwError } from "rxjs";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Fact } from "../../lib/events/event.js";
import { Abandon } from "../../lib/events/failure.js";
import { endWithOutcome } from "../../lib/operators/end-with-outcome.js";
import { commandFailed, subscribe, virtual } from "../support/virtual.js";

const some: Fact = { type: "batch.started", batch: "b", runs: 1 };
const ended = (outcome: object): Fact => ({ type: "batch.finished", batch: "b", cycles: 1, ...outcome }) as Fact;
const end = endWithOutcome((outcome) => ended(outcome));
const endAndRethrow = endWithOutcome((outcome) => ended(outcome), { rethrow: true });
const abandon = new Abandon(commandFailed);

afterEach(() => {
  vi.useRealTimers();
});

describe("endWithOutcome", () => {
  it("work that succeeds ends with an event that carries the elapsed time", () =>
    virtual().run(({ cold, expectObservable }) => {
      const values = { a: some, e: ended({ ok: true, elapsed_s: 2.003 }) };
      expectObservable(cold("a-- 2s |", values).pipe(end)).toBe("a-- 2s (e|)", values);
    }));

  it("the elapsed time counts from the subscription", () =>
    virtual().run(({ cold, expectObservable }) => {
      const values = { a: some, e: ended({ ok: true, elapsed_s: 0.002 }) };
      expectObservable(cold("a-|", values).pipe(end), "----^").toBe("----a-(e|)", values);
    }));

  it("an event takes the place of an Abandon", () =>
    virtual().run(({ cold, expectObservable }) => {
      const values = { a: some, e: ended({ ok: false, failure: commandFailed, elapsed_s: 0.002 }) };
      expectObservable(cold("a-#", values, abandon).pipe(end)).toBe("a-(e|)", values);
    }));

  it("with rethrow, the Abandon follows its event", () =>
    virtual().run(({ cold, expectObservable }) => {
      const values = { a: some, e: ended({ ok: false, failure: commandFailed, elapsed_s: 0.002 }) };
      expectObservable(cold("a-#", values, abandon).pipe(endAndRethrow)).toBe("a-(e#)", values, abandon);
    }));

  it("an error other than an Abandon passes through without an event", () =>
    virtual().run(({ cold, expectObservable }) => {
      const bug = new TypeError("bug");
      expectObservable(cold("a-#", { a: some }, bug).pipe(end)).toBe("a-#", { a: some }, bug);
    }));

  it("the elapsed time is not negative if the clock is set back", () => {
    vi.useFakeTimers({ now: 1_000_000 });
    const events: Fact[] = [];
    const work$ = defer(() => {
      vi.setSystemTime(5000);
      return EMPTY;
    });
    subscribe(work$.pipe(end), (fact) => events.push(fact));
    expect(events).toEqual([ended({ ok: true, elapsed_s: 0 })]);
  });

  it("every subscriber gets its own event on the outcome", () => {
    const events: Fact[] = [];
    const work$ = throwError(() => abandon).pipe(end);
    for (const _ of [1, 2]) subscribe(work$, (fact) => events.push(fact));
    expect(events).toHaveLength(2);
  });
});
