/** The program dies twice: at each step of its first life, and at each step of the life that resumes it. */
import { describe, expect, it } from "vitest";
import { type Crash, judged, recover, story, waysAt } from "./crash.js";
import { live, openStage, start } from "./life.js";
import { REFERENCES, type Reference } from "./plans.js";
import { ALL, LONG_MS, withFakeTime } from "./setup.js";

const figures = { pairs: 0 };

withFakeTime(() => `pairs of crash points: ${figures.pairs}`);

/** The steps of the life after a crash, if that one lives. */
const stepsAfter = async ({ plan, ...over }: Reference, crash: Crash): Promise<readonly string[]> => {
  const stage = openStage(over);
  await live(start(stage, { plan, death: crash }));
  await recover(stage, crash);
  return (await live(start(stage, { plan }))).gate.steps;
};

/** The deaths before, after and in the middle of a step; the loss varies from step to step. */
const firstWays = (step: string, at: number): readonly Crash[] => {
  const ways = waysAt(step, at);
  return (["before", "after", "half"] as const).flatMap((when) => {
    const like = ways.filter((way) => way.when === when);
    return like.length === 0 ? [] : [like[at % like.length]!];
  });
};

describe.runIf(ALL).each(REFERENCES.filter(({ pairs }) => pairs))("two crashes", (reference) => {
  it(`the program recovers from deaths at any two of its steps: ${reference.name}`, {
    timeout: LONG_MS,
  }, async () => {
    const whole = await story(reference, []);
    for (const [index, step] of whole.last.gate.steps.entries()) {
      for (const first of firstWays(step, index + 1)) {
        for (const [later, next] of (await stepsAfter(reference, first)).entries()) {
          const ways = waysAt(next, later + 1);
          const second = ways[(index + later) % ways.length]!;
          figures.pairs += 1;
          const played = await story(reference, [first, second]);
          expect(judged(played, whole.outcome), JSON.stringify([step, first, next, second])).toEqual([]);
        }
      }
    }
  });
});
