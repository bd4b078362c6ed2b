/** The common setup of the fault specs: a simulated clock, and the size of the sample. */
import { afterAll, beforeAll, vi } from "vitest";

/** Whether to try everything instead of a sample that takes seconds. */
export const ALL = process.env.FAULTS === "all";

/** The time limit of one spec that tries everything. */
export const LONG_MS = 3_600_000;

/** Simulates timers and the clock, and prints the figures at the end. */
export const withFakeTime = (figures: () => string): void => {
  beforeAll(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
  });
  afterAll(() => {
    vi.useRealTimers();
    console.log(figures());
  });
};
