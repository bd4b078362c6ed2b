/** Simulated time, which jumps from timer to timer. */
import { vi } from "vitest";

/** Resolves once all microtasks have run. */
export const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Removes all timers and keeps the time, which vitest would set back. */
export const clearTimers = (): void => {
  const now = Date.now();
  vi.clearAllTimers();
  vi.setSystemTime(now);
};

const TURNS = 3_000;

/** Lets time pass until a condition holds. */
export const passUntil = async (condition: () => boolean, complaint: () => string): Promise<void> => {
  for (let turn = 0; turn < TURNS; turn += 1) {
    await settled();
    if (condition()) return;
    vi.advanceTimersToNextTimer();
  }
  throw new Error(complaint());
};

/** Lets `ms` milliseconds pass. */
export const pass = async (ms: number): Promise<void> => {
  let over = false;
  setTimeout(() => {
    over = true;
  }, ms);
  await passUntil(
    () => over,
    () => "time does not pass",
  );
};

/** Lets time pass until a promise settles. */
export const untilSettled = async <T>(work: Promise<T>): Promise<T> => {
  let over = false;
  const end = () => {
    over = true;
  };
  work.then(end, end);
  await passUntil(
    () => over,
    () => "the promise does not settle",
  );
  return work;
};
