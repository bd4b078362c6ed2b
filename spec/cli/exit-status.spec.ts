import { describe, expect, it } from "vitest";
import { EXIT_STATUSES, statusOf } from "../../cli/exit-status.js";
import type { Counts, Fact } from "../../lib/events/event.js";
import type { Failure } from "../../lib/events/failure.js";
import { reduce } from "../../lib/state/reduce.js";
import { initial } from "../../lib/state/state.js";

const finished = (counts: Partial<Counts>, failure?: Failure): Fact => ({
  type: "ensemble.finished",
  ensemble: "e",
  succeeded: 0,
  failed: 0,
  skipped: 0,
  interrupted: 0,
  ...counts,
  ...(failure === undefined ? { ok: true } : { ok: false, failure }),
  elapsed_s: 1,
});

const after = (...facts: readonly Fact[]): number => statusOf(facts.reduce(reduce, initial()));

/** The exit status of an ensemble that a signal stopped. */
const stopped = (signal: string, ...facts: readonly Fact[]): number =>
  statusOf(facts.reduce(reduce, initial()), signal);

describe("the exit status", () => {
  const parts: Failure = { reason: "parts", runs: 1, batches: 0 };
  const storage: Failure = { reason: "storage", path: "work", code: "EROFS", message: "read-only file system" };
  const batch: Fact = { type: "batch.finished", batch: "b", cycles: 1, ok: false, failure: storage, elapsed_s: 1 };

  it("the exit status is 0 if all runs succeeded or were skipped by the command line", () => {
    expect(after(finished({ succeeded: 3, skipped: 2 }))).toBe(0);
  });

  it("the exit status is 1 if a run failed", () => {
    expect(after(finished({ failed: 1 }, parts))).toBe(1);
  });

  it("the exit status is 5 if storage failed", () => {
    expect(after(finished({}, storage))).toBe(5);
    expect(after(batch, finished({ interrupted: 3 }, { reason: "parts", runs: 0, batches: 1 }))).toBe(5);
  });

  it("the exit status is 128+n if signal n left the ensemble unfinished, even if runs failed before", () => {
    const interrupted: Failure = { reason: "interrupted" };
    expect(stopped("SIGINT", finished({ succeeded: 1, skipped: 3 }, interrupted))).toBe(130);
    expect(stopped("SIGTERM", finished({ failed: 1, interrupted: 3 }, interrupted))).toBe(143);
  });

  it("a signal that interrupts nothing does not change the exit status", () => {
    expect(stopped("SIGINT", finished({ succeeded: 3 }))).toBe(0);
    expect(stopped("SIGINT", finished({ failed: 3 }, parts))).toBe(1);
  });

  it("the exit status is 70 if a bug ended the ensemble without an ensemble.finished", () => {
    expect(after()).toBe(70);
  });

  it("the help lists every exit status", () => {
    expect(EXIT_STATUSES.map(([status]) => status)).toEqual(["0", "1", "2", "3", "4", "5", "70", "128+n"]);
  });
});
