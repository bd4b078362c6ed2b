import { asyncScheduler, EMPTY, merge, NEVER, timer } from "rxjs";
import { describe, expect, it } from "vitest";
import { slots } from "../../lib/operators/slots.js";
import { hear, virtual } from "../support/virtual.js";

describe("slots", () => {
  it("gives a seat back when the work completes, and when it is unsubscribed", () =>
    virtual().run(({ cold, expectObservable, expectSubscriptions }) => {
      const seats = slots(1);
      const a = cold("                            --a--|       ");
      const b = cold("                            --b--|       ");
      const c = cold("                                 --c--|  ");
      expectObservable(seats(() => a)).toBe("     --a--|       ");
      expectObservable(
        seats(() => b),
        "          ^--!         ",
      ).toBe("-");
      expectObservable(seats(() => c)).toBe("     -------c--|  ");
      expectSubscriptions(a.subscriptions).toBe(" ^----!       ");
      expectSubscriptions(b.subscriptions).toBe([]);
      expectSubscriptions(c.subscriptions).toBe(" -----^----!  ");
    }));

  it("gives a seat back when the work fails", () =>
    virtual().run(({ cold, expectObservable }) => {
      const seats = slots(1);
      expectObservable(seats(() => cold("--#"))).toBe("  --#");
      expectObservable(seats(() => cold("  a|"))).toBe("--a|");
    }));

  it("gives a seat back when the work at it is unsubscribed", () =>
    virtual().run(({ expectObservable, cold }) => {
      const seats = slots(1);
      expectObservable(
        seats(() => NEVER),
        "^--!",
      ).toBe("-");
      expectObservable(seats(() => cold("a|"))).toBe("---a|");
    }));

  it("lets in who came first, and nobody before", () => {
    const order: string[] = [];
    virtual().run(() => {
      const seats = slots(2);
      for (const [name, ms] of [
        ["a", 3],
        ["b", 1],
        ["c", 1],
        ["d", 1],
      ] as const) {
        hear(
          seats(() => {
            order.push(`${name} ${asyncScheduler.now()}`);
            return timer(ms);
          }),
        );
      }
      // Comes in the moment in which b's seat is free, but c and d have waited.
      const late$ = seats(() => {
        order.push(`e ${asyncScheduler.now()}`);
        return EMPTY;
      });
      hear(timer(1), () => hear(late$));
    });
    expect(order).toEqual(["a 0", "b 0", "c 1", "d 2", "e 3"]);
  });

  it("says whether whoever asks now has to wait", () => {
    const seats = slots(2);
    expect(seats.full()).toBe(false);
    const first = hear(seats(() => NEVER));
    expect(seats.full()).toBe(false);
    const second = hear(seats(() => NEVER));
    expect(seats.full()).toBe(true);
    first.unsubscribe();
    expect(seats.full()).toBe(false);
    second.unsubscribe();
  });

  it("lets nobody in while everything is torn down", () => {
    const begun: number[] = [];
    virtual().run(() => {
      const seats = slots(2);
      const work = (index: number) =>
        seats(() => {
          begun.push(index);
          return NEVER;
        });
      const all = hear(merge(...Array.from({ length: 10 }, (_, index) => work(index))));
      hear(timer(5), () => all.unsubscribe());
    });
    expect(begun).toEqual([0, 1]);
  });

  it("goes through 10,000 pieces of work that end at once", () => {
    let done = 0;
    virtual().run(() => {
      const seats = slots(1);
      const work = Array.from({ length: 10_000 }, () =>
        seats(() => {
          done += 1;
          return EMPTY;
        }),
      );
      hear(
        merge(
          seats(() => timer(1)),
          ...work,
        ),
      );
    });
    expect(done).toBe(10_000);
  });
});
