/** What the specs of faults have in common: a clock that goes as fast as things happen, and how much of all is tried. */
import { afterAll, beforeAll, vi } from "vitest";

/** Everything, or a sample that takes seconds. */
export const ALL = process.env.FAULTS === "all";

/** How long one spec may take when everything is tried. */
export const LONG_MS = 3_600_000;

/** Time is what timers say it is. At the end, the figures are printed. */
export const inItsOwnTime = (figures: () => string): void => {
  beforeAll(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
  });
  afterAll(() => {
    vi.useRealTimers();
    console.log(figures());
  });
};
