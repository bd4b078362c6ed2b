/** The program dies at one step and is started again, for each step: the ensemble ends as it would without the death. */
import { describe, expect, it } from "vitest";
import { deathsAt, story, violationsIn } from "./crash.js";
import { REFERENCES } from "./plans.js";
import { ALL, LONG_MS, withFakeTime } from "./setup.js";

const figures = { points: 0, stories: 0 };

withFakeTime(() => `crash points: ${figures.points}, each in several ways: ${figures.stories} stories`);

describe.each(REFERENCES)("one crash", (reference) => {
  it(`the program recovers from a death at any of its steps: ${reference.name}`, {
    timeout: LONG_MS,
  }, async () => {
    const whole = await story(reference, []);
    expect(violationsIn(whole, whole.outcome)).toEqual([]);
    for (const [index, step] of whole.last.gate.steps.entries()) {
      figures.points += 1;
      const deaths = deathsAt(step, index + 1);
      // The sample has every step, and half of the ways to die at it.
      for (const crash of deaths.filter((_, number) => ALL || (number + index) % 2 === 0)) {
        figures.stories += 1;
        const played = await story(reference, [crash]);
        expect(violationsIn(played, whole.outcome), `${step}: ${JSON.stringify(crash)}`).toEqual([]);
      }
    }
  });
});
