import { asyncScheduler, EMPTY, merge, NEVER, timer } from "rxjs";
import { describe, expect, it } from "vitest";
import { slots } from "../../lib/operators/slots.js";
import { subscribe, virtual } from "../support/virtual.js";

describe("slots", () => {
  it("a slot comes free when its work completes, and work that waits for a slot may be unsubscribed from", () =>
    virtual().run(({ cold, expectObservable, expectSubscriptions }) => {
      const jobSlots = slots(1);
      const a = cold("                            --a--|       ");
      const b = cold("                            --b--|       ");
      const c = cold("                                 --c--|  ");
      expectObservable(jobSlots(() => a)).toBe("     --a--|       ");
      expectObservable(
        jobSlots(() => b),
        "          ^--!         ",
      ).toBe("-");
      expectObservable(jobSlots(() => c)).toBe("     -------c--|  ");
      expectSubscriptions(a.subscriptions).toBe(" ^----!       ");
      expectSubscriptions(b.subscriptions).toBe([]);
      expectSubscriptions(c.subscriptions).toBe(" -----^----!  ");
    }));

  it("a slot comes free when its work fails", () =>
    virtual().run(({ cold, expectObservable }) => {
      const jobSlots = slots(1);
      expectObservable(jobSlots(() => cold("--#"))).toBe("  --#");
      expectObservable(jobSlots(() => cold("  a|"))).toBe("--a|");
    }));

  it("a slot comes free when its work is unsubscribed from", () =>
    virtual().run(({ expectObservable, cold }) => {
      const jobSlots = slots(1);
      expectObservable(
        jobSlots(() => NEVER),
        "^--!",
      ).toBe("-");
      expectObservable(jobSlots(() => cold("a|"))).toBe("---a|");
    }));

  it("work gets a slot in the order of arrival", () => {
    const order: string[] = [];
    virtual().run(() => {
      const jobSlots = slots(2);
      for (const [name, ms] of [
        ["a", 3],
        ["b", 1],
        ["c", 1],
        ["d", 1],
      ] as const) {
        subscribe(
          jobSlots(() => {
            order.push(`${name} ${asyncScheduler.now()}`);
            return timer(ms);
          }),
        );
      }
      // Arrives at the moment when b's slot comes free, but c and d have waited longer.
      const late$ = jobSlots(() => {
        order.push(`e ${asyncScheduler.now()}`);
        return EMPTY;
      });
      subscribe(timer(1), () => subscribe(late$));
    });
    expect(order).toEqual(["a 0", "b 0", "c 1", "d 2", "e 3"]);
  });

  it("full() says whether new work has to wait", () => {
    const jobSlots = slots(2);
    expect(jobSlots.full()).toBe(false);
    const first = subscribe(jobSlots(() => NEVER));
    expect(jobSlots.full()).toBe(false);
    const second = subscribe(jobSlots(() => NEVER));
    expect(jobSlots.full()).toBe(true);
    first.unsubscribe();
    expect(jobSlots.full()).toBe(false);
    second.unsubscribe();
  });

  it("no waiting work starts during a teardown of all work", () => {
    const started: number[] = [];
    virtual().run(() => {
      const jobSlots = slots(2);
      const work = (index: number) =>
        jobSlots(() => {
          started.push(index);
          return NEVER;
        });
      const all = subscribe(merge(...Array.from({ length: 10 }, (_, index) => work(index))));
      subscribe(timer(5), () => all.unsubscribe());
    });
    expect(started).toEqual([0, 1]);
  });

  it("10,000 pieces of work that end at once neither hang nor exhaust the stack", () => {
    let done = 0;
    virtual().run(() => {
      const jobSlots = slots(1);
      const work = Array.from({ length: 10_000 }, () =>
        jobSlots(() => {
          done += 1;
          return EMPTY;
        }),
      );
      subscribe(
        merge(
          jobSlots(() => timer(1)),
          ...work,
        ),
      );
    });
    expect(done).toBe(10_000);
  });
});
