/** The limits of one rendering. Python's Jinja2 has no limits, so a template can fill the memory. */
import { fail } from "./problem.js";

/** Characters in the output, or in any string that a template makes. */
export const MAX_TEXT = 2 ** 25;
/** Items in any one list. */
export const MAX_LIST = 2 ** 22;
/** What a macro, a block or a loaded template costs besides its content: it takes as long as some iterations of a loop. */
const NESTED_STEPS = 10;
/** Macros, blocks and templates that execute one inside the other. */
const MAX_DEPTH = 300;
/** Bits of the largest integer. Python refuses to print more than 4300 digits. */
export const MAX_INT_BITS = 65_536;
const MAX_STEPS = 20_000_000;

/** The state of the current rendering. Rendering is synchronous, so no second rendering runs at the same time. */
export const session = { strict: false, steps: 0, depth: 0 };

export const startSession = (strict: boolean): void => {
  session.strict = strict;
  session.steps = 0;
  session.depth = 0;
};

/** Counts the work done: iterations of loops, items read or printed. */
export const spend = (steps: number): void => {
  session.steps += steps;
  if (session.steps > MAX_STEPS) fail(`the template takes more than ${MAX_STEPS} steps: is there an endless loop?`);
};

/** Does the work of a macro, a block or a loaded template, which may lead to the next one, or to the same one again. */
export const nested = <T>(work: () => T): T => {
  spend(NESTED_STEPS);
  session.depth += 1;
  if (session.depth > MAX_DEPTH)
    fail(`more than ${MAX_DEPTH} macros, blocks and templates are nested: does one of them use itself without end?`);
  const result = work();
  session.depth -= 1;
  return result;
};

/** Counts steps for a text by its length, so that many long texts cannot fill the memory. */
export const boundedText = (text: string): string => {
  boundedLength(text.length);
  spend(text.length >> 4);
  return text;
};

export const boundedLength = (length: number): number => {
  if (length > MAX_TEXT) fail(`the text becomes longer than ${MAX_TEXT} characters`);
  return length;
};

export const boundedCount = (count: number): number => {
  if (count > MAX_LIST) fail(`the list becomes longer than ${MAX_LIST} items`);
  return count;
};
