import { EMPTY, of } from "rxjs";
import { describe, expect, it } from "vitest";
import { switchIfEmpty } from "../../lib/operators/switch-if-empty.js";
import { subscribe, virtual } from "../support/virtual.js";

const isUpper = (letter: string) => letter === letter.toUpperCase();

describe("switchIfEmpty", () => {
  it("the other stream follows an empty one after its completion", () =>
    virtual().run(({ cold, expectObservable, expectSubscriptions }) => {
      const other = cold("                                   x-|");
      expectObservable(cold("---|").pipe(switchIfEmpty(other))).toBe("---x-|");
      expectSubscriptions(other.subscriptions).toBe("         ---^-!");
    }));

  it("the other stream is not subscribed to if the first emits or fails", () =>
    virtual().run(({ cold, expectObservable, expectSubscriptions }) => {
      const other = cold("x-|");
      expectObservable(cold("-a-|").pipe(switchIfEmpty(other))).toBe("-a-|");
      expectObservable(cold("---#").pipe(switchIfEmpty(other))).toBe("---#");
      expectSubscriptions(other.subscriptions).toBe([]);
    }));

  it("values that do not count are emitted, and the other stream still follows", () =>
    virtual().run(({ cold, expectObservable }) => {
      const other = cold("x|");
      expectObservable(cold("-a-b-|").pipe(switchIfEmpty(other, isUpper))).toBe("-a-b-x|");
      expectObservable(cold("-a-B-|").pipe(switchIfEmpty(other, isUpper))).toBe("-a-B-|");
      expectObservable(cold("-A-b-|").pipe(switchIfEmpty(other, isUpper))).toBe("-A-b-|");
    }));

  it("every subscriber subscribes to the streams anew", () => {
    let empty = false;
    const values: string[] = [];
    const stream$ = of("a").pipe(switchIfEmpty(of("x"), () => !empty));
    subscribe(stream$, (value) => values.push(value));
    empty = true;
    subscribe(stream$, (value) => values.push(value));
    subscribe(EMPTY.pipe(switchIfEmpty(of("y"))), (value) => values.push(value));
    expect(values).toEqual(["a", "a", "x", "y"]);
  });
});
