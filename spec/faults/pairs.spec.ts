/** The program dies twice: at each step of its first life, and then at each step of its second life. */
import { describe, expect, it } from "vitest";
import { type Crash, deathsAt, recover, story, violationsIn } from "./crash.js";
import { openStage, start, untilOver } from "./life.js";
import { REFERENCES, type Reference } from "./plans.js";
import { ALL, LONG_MS, withFakeTime } from "./setup.js";

const figures = { pairs: 0 };

withFakeTime(() => `pairs of crash points: ${figures.pairs}`);

/** The steps of the life after a crash, if the program does not die again. */
const stepsAfter = async ({ plan, ...over }: Reference, crash: Crash): Promise<readonly string[]> => {
  const stage = openStage(over);
  await untilOver(start(stage, { plan, death: crash }));
  await recover(stage, crash);
  return (await untilOver(start(stage, { plan }))).gate.steps;
};

/** One death before, one after and one in the middle of a step. What the crash loses varies from step to step. */
const firstDeaths = (step: string, at: number): readonly Crash[] => {
  const deaths = deathsAt(step, at);
  return (["before", "after", "half"] as const).flatMap((when) => {
    const candidates = deaths.filter((death) => death.when === when);
    return candidates.length === 0 ? [] : [candidates[at % candidates.length]!];
  });
};

describe.runIf(ALL).each(REFERENCES.filter(({ pairs }) => pairs))("two crashes", (reference) => {
  it(`the program recovers from deaths at any two of its steps: ${reference.name}`, {
    timeout: LONG_MS,
  }, async () => {
    const whole = await story(reference, []);
    for (const [index, step] of whole.last.gate.steps.entries()) {
      for (const first of firstDeaths(step, index + 1)) {
        for (const [later, next] of (await stepsAfter(reference, first)).entries()) {
          const deaths = deathsAt(next, later + 1);
          const second = deaths[(index + later) % deaths.length]!;
          figures.pairs += 1;
          const played = await story(reference, [first, second]);
          expect(violationsIn(played, whole.outcome), JSON.stringify([step, first, next, second])).toEqual([]);
        }
      }
    }
  });
});
