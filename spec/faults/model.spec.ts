/** Random stories of starts, kills, crashes, full disks and edits: nothing is lost, and nothing is done twice. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { batchOf, planOf } from "../support/virtual.js";
import { command, type Draft } from "./model.js";
import { sequence } from "./sequence.js";
import { ALL, LONG_MS, withFakeTime } from "./setup.js";
import { execute, ignored, move, submit } from "./words.js";

const figures = { sequences: 0, commands: 0 };

withFakeTime(() => `random sequences: ${figures.sequences}, of ${figures.commands} commands`);

const draft: fc.Arbitrary<Draft> = fc
  .record({
    runs: fc.integer({ min: 1, max: 3 }),
    job_file: fc.constantFrom("job", "job fails:b-1"),
    pre_run: fc.constantFrom(
      [],
      [execute("make")],
      [execute("make", true), submit("extra")],
      [execute("make fails:b-0")],
      [ignored("make fails:b-0")],
    ),
    post_run: fc.constantFrom([], [execute("keep"), move]),
    post_batch: fc.constantFrom([], [execute("gather")]),
    pre_batch: fc.constantFrom([], [execute("begin")]),
    post_run_on_failure: fc.boolean(),
    maxjobs: fc.constantFrom(1, 3),
  })
  .map(({ runs, ...over }) => ({
    plan: planOf([batchOf({ runs, ...over })]),
    values: Array.from({ length: runs }, (_, at) => at),
  }));

it("an ensemble loses nothing and repeats nothing through any sequence of starts, kills, crashes, full disks and edits", {
  timeout: LONG_MS,
}, async () => {
  const story = fc.asyncProperty(
    draft,
    fc.constantFrom("here" as const, "elsewhere" as const),
    fc.array(command, { minLength: 3, maxLength: 24, size: "max" }),
    async (first, where, commands) => {
      figures.sequences += 1;
      figures.commands += commands.length;
      expect(await sequence(first, where, commands)).toEqual([]);
    },
  );
  // The sample is the same each time.
  await fc.assert(story, ALL ? { numRuns: 2000 } : { numRuns: 200, seed: 1 });
});
