/** The program dies at every point at which it does anything, and is started again: it all comes out as if it had not. */
import { describe, expect, it } from "vitest";
import { judged, story, waysAt } from "./crash.js";
import { REFERENCES } from "./plans.js";
import { ALL, inItsOwnTime, LONG_MS } from "./setup.js";

const figures = { points: 0, stories: 0 };

inItsOwnTime(() => `crash points: ${figures.points}, each in several ways: ${figures.stories} stories`);

describe.each(REFERENCES)("$name", (reference) => {
  it("comes out the same, whatever single point it dies at", { timeout: LONG_MS }, async () => {
    const whole = await story(reference, []);
    expect(judged(whole, whole.outcome)).toEqual([]);
    for (const [index, step] of whole.last.gate.steps.entries()) {
      figures.points += 1;
      const ways = waysAt(step, index + 1);
      // The sample has every point, and every other way to die there.
      for (const crash of ways.filter((_, way) => ALL || (way + index) % 2 === 0)) {
        figures.stories += 1;
        const played = await story(reference, [crash]);
        expect(judged(played, whole.outcome), `${step}: ${JSON.stringify(crash)}`).toEqual([]);
      }
    }
  });
});
