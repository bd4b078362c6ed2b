/** What one rendering may use up. Python's Jinja2 has no such bounds; a template there can fill the memory. */
import { fail } from "./problem.js";

/** Characters in the output, or in any one string on the way to it. */
export const LONGEST_TEXT = 2 ** 25;
/** Items in any one list. */
export const LONGEST_LIST = 2 ** 22;
/** Macros that call each other, one inside the other. */
export const DEEPEST_CALL = 300;
/** Bits of the largest whole number. Python refuses to print more than 4300 digits. */
export const LARGEST_BITS = 65_536;
const MOST_STEPS = 20_000_000;

/** The state of the one rendering that is going on: rendering is synchronous, so there is never a second. */
export const session = { strict: false, steps: 0, depth: 0 };

export const begin = (strict: boolean): void => {
  session.strict = strict;
  session.steps = 0;
  session.depth = 0;
};

/** Counts work done: turns of loops, items looked at or printed. */
export const spend = (steps: number): void => {
  session.steps += steps;
  if (session.steps > MOST_STEPS)
    fail(`the template takes more than ${MOST_STEPS} steps: is there a loop without end?`);
};

/** Every longer text is counted as well, so that many of them cannot fill the memory. */
export const boundedText = (text: string): string => {
  boundedLength(text.length);
  spend(text.length >> 4);
  return text;
};

export const boundedLength = (length: number): number => {
  if (length > LONGEST_TEXT) fail(`the text becomes longer than ${LONGEST_TEXT} characters`);
  return length;
};

export const boundedCount = (count: number): number => {
  if (count > LONGEST_LIST) fail(`the list becomes longer than ${LONGEST_LIST} items`);
  return count;
};
