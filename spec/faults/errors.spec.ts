/** Each operation of the journal's disk fails, once or for a while, with each errno that a disk may return. */
import { describe, expect, it } from "vitest";
import { type Before, type Course, onFailingDisk } from "./errors.js";
import { ERRNOS, type Fault, SHORT } from "./faulty.js";
import { ALL, LONG_MS, withFakeTime } from "./setup.js";

const figures = { errors: 0, shorts: 0, refused: 0 };

withFakeTime(
  () => `faults of the disk: ${figures.errors}, short writes: ${figures.shorts}, starts refused: ${figures.refused}`,
);

const befores: readonly Before[] = ["nothing", "a torn end"];
const courses: readonly (readonly [lasts: boolean, course: Course])[] = [
  [false, "passing"],
  [true, "passing"],
  [true, "stays"],
];

const tryFault = async (before: Before, fault: Fault, course: Course) => {
  const { violations, refused, faulty } = await onFailingDisk(before, fault, course);
  expect(violations, JSON.stringify({ fault, course })).toEqual([]);
  expect(faulty.met()).toBe(true);
  if (refused) figures.refused += 1;
};

describe.each(befores)("a journal that starts with %s", (before) => {
  it("the journal keeps all events on a disk without faults", async () => {
    const { violations, refused, faulty } = await onFailingDisk(before);
    expect({ violations, refused }).toEqual({ violations: [], refused: false });
    expect(faulty.count().all).toBeGreaterThan(40);
  });

  it.each(ERRNOS)(
    "the journal continues after %s, or the program refuses to start",
    { timeout: LONG_MS },
    async (code) => {
      const { all } = (await onFailingDisk(before)).faulty.count();
      for (let at = 1; at <= all; at += 1) {
        for (const [lasts, course] of courses) {
          // The sample leaves out operations that succeed although they return an error.
          for (const done of ALL ? [false, true] : [false]) {
            figures.errors += 1;
            await tryFault(before, { at, kind: { code, done }, lasts }, course);
          }
        }
      }
    },
  );

  it.each(Object.keys(SHORT) as (keyof typeof SHORT)[])("the journal survives short writes of %s", async (short) => {
    const { writes } = (await onFailingDisk(before)).faulty.count();
    for (let at = 1; at <= writes; at += 1) {
      for (const [lasts, course] of courses) {
        figures.shorts += 1;
        await tryFault(before, { at, kind: { short }, lasts }, course);
      }
    }
  });
});
