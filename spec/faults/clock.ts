/** Time that is what timers say it is: it passes as fast as things happen in it. */
import { vi } from "vitest";

/** All microtasks run before it. */
export const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** All timers are gone, and it is as late as it was: by itself, the clock would be set back. */
export const clearTimers = (): void => {
  const now = Date.now();
  vi.clearAllTimers();
  vi.setSystemTime(now);
};

const TURNS = 3_000;

/** Lets time pass until something is so. */
export const passUntil = async (so: () => boolean, otherwise: () => string): Promise<void> => {
  for (let turn = 0; turn < TURNS; turn += 1) {
    await settled();
    if (so()) return;
    vi.advanceTimersToNextTimer();
  }
  throw new Error(otherwise());
};

/** So many milliseconds pass. */
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

/** Lets time pass until a promise has come to its end. */
export const played = async <T>(work: Promise<T>): Promise<T> => {
  let over = false;
  const end = () => {
    over = true;
  };
  work.then(end, end);
  await passUntil(
    () => over,
    () => "it does not come to its end",
  );
  return work;
};
