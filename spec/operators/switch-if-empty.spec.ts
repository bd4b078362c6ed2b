import { EMPTY, of } from "rxjs";
import { describe, expect, it } from "vitest";
import { switchIfEmpty } from "../../lib/operators/switch-if-empty.js";
import { hear, virtual } from "../support/virtual.js";

const isUpper = (letter: string) => letter === letter.toUpperCase();

describe("orElse", () => {
  it("goes on with another stream where the first has nothing to tell, and not before it is over", () =>
    virtual().run(({ cold, expectObservable, expectSubscriptions }) => {
      const other = cold("                                   x-|");
      expectObservable(cold("---|").pipe(switchIfEmpty(other))).toBe("---x-|");
      expectSubscriptions(other.subscriptions).toBe("         ---^-!");
    }));

  it("leaves the other alone where the first has told something, or failed", () =>
    virtual().run(({ cold, expectObservable, expectSubscriptions }) => {
      const other = cold("x-|");
      expectObservable(cold("-a-|").pipe(switchIfEmpty(other))).toBe("-a-|");
      expectObservable(cold("---#").pipe(switchIfEmpty(other))).toBe("---#");
      expectSubscriptions(other.subscriptions).toBe([]);
    }));

  it("tells all that the first tells, but asks only for what counts", () =>
    virtual().run(({ cold, expectObservable }) => {
      const other = cold("x|");
      expectObservable(cold("-a-b-|").pipe(switchIfEmpty(other, isUpper))).toBe("-a-b-x|");
      expectObservable(cold("-a-B-|").pipe(switchIfEmpty(other, isUpper))).toBe("-a-B-|");
      expectObservable(cold("-A-b-|").pipe(switchIfEmpty(other, isUpper))).toBe("-A-b-|");
    }));

  it("begins anew for whoever subscribes", () => {
    let empty = false;
    const told: string[] = [];
    const stream$ = of("a").pipe(switchIfEmpty(of("x"), () => !empty));
    hear(stream$, (value) => told.push(value));
    empty = true;
    hear(stream$, (value) => told.push(value));
    hear(EMPTY.pipe(switchIfEmpty(of("y"))), (value) => told.push(value));
    expect(told).toEqual(["a", "a", "x", "y"]);
  });
});
