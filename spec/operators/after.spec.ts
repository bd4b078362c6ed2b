import { map } from "rxjs";
import { describe, expect, it, vi } from "vitest";
import { after } from "../../lib/operators/after.js";
import { subscribe, virtual } from "../support/virtual.js";

const DAY_MS = 86_400_000;

describe("after", () => {
  it("after emits once, after the given seconds", () =>
    virtual().run(({ expectObservable }) => {
      expectObservable(after(1.5).pipe(map(() => "a"))).toBe("1500ms (a|)");
    }));

  it("unsubscribing from after ends its timer", () =>
    virtual().run(({ expectObservable }) => {
      expectObservable(after(2), "1s !").toBe("-");
    }));

  it("after waits longer than a JavaScript timer can: 60 days", () =>
    virtual().run(({ expectObservable }) => {
      expectObservable(after(60 * 86_400).pipe(map(() => "a"))).toBe(`${60 * DAY_MS}ms (a|)`);
    }));

  it("after never sets a timer that is so long that Node fires it at once", () => {
    vi.useFakeTimers();
    try {
      const setTimer = vi.spyOn(globalThis, "setInterval");
      let fired = false;
      const waiting = subscribe(after(60 * 86_400), () => {
        fired = true;
      });
      vi.advanceTimersByTime(59 * DAY_MS);
      expect(fired).toBe(false);
      vi.advanceTimersByTime(DAY_MS);
      expect(fired).toBe(true);
      expect(setTimer.mock.calls.map(([, ms = 0]) => ms).filter((ms) => ms > 2 ** 31 - 1)).toEqual([]);
      waiting.unsubscribe();
    } finally {
      vi.useRealTimers();
    }
  });

  it("after can wait for ever", () => {
    const waiting = subscribe(after(Number.POSITIVE_INFINITY));
    expect(waiting.closed).toBe(false);
    waiting.unsubscribe();
  });
});
