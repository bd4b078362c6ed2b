import { repeat } from "rxjs";
import { describe, it } from "vitest";
import { Abandon } from "../../lib/events/failure.js";
import { deadline } from "../../lib/operators/deadline.js";
import { virtual } from "../support/virtual.js";

const late = new Abandon({ reason: "timeout", after_s: 0.005 });

describe("deadline", () => {
  it("deadline limits the total time of work, however often the work emits", () =>
    virtual().run(({ cold, expectObservable, expectSubscriptions }) => {
      const look$ = cold("                                                     a|     ");
      expectObservable(look$.pipe(repeat({ delay: 1 }), deadline(0.005))).toBe("a-a-a#", undefined, late);
      expectSubscriptions(look$.subscriptions).toBe(["^!", "--^!", "----^!"]);
    }));

  it("deadline unsubscribes from the work that it abandons", () =>
    virtual().run(({ cold, expectObservable, expectSubscriptions }) => {
      const work$ = cold("                                   a-----------|");
      expectObservable(work$.pipe(deadline(0.005))).toBe("     a----#", undefined, late);
      expectSubscriptions(work$.subscriptions).toBe("        ^----!");
    }));

  it("deadline does not change work that ends in time", () =>
    virtual().run(({ cold, expectObservable }) => {
      expectObservable(cold("a--|").pipe(deadline(0.005))).toBe("a--|");
      expectObservable(cold("a--#").pipe(deadline(0.005))).toBe("a--#");
    }));

  it("deadline without a limit never abandons work", () =>
    virtual().run(({ cold, expectObservable }) => {
      expectObservable(cold("a 9999s |").pipe(deadline(undefined))).toBe("a 9999s |");
    }));
});
