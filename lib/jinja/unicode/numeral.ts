/** The digits of all scripts, as Python reads numbers. */
import { isDecimal, isSpace } from "./properties.js";
import { placeInRun } from "./runs.js";

const ASCII = /^[\0-\x7f]*$/;

/** A text with ASCII's digits in place of all others. */
export const withPlainDigits = (text: string): string =>
  ASCII.test(text)
    ? text
    : Array.from(text, (character) => (isDecimal(character) ? digitOf(character) : character)).join("");

/** The digits of a script follow one another, from 0 to 9. */
const digitOf = (character: string): string => String(placeInRun("decimal", character.codePointAt(0) ?? 0) % 10);

/** A text as int() and float() read it: with ASCII's digits and spaces in place of all others, and no spaces around. */
export const numeral = (text: string): string => {
  const plain = ASCII.test(text)
    ? text
    : Array.from(withPlainDigits(text), (character) =>
        character > "\x7f" && isSpace(character) ? " " : character,
      ).join("");
  let [start, end] = [0, plain.length];
  while (start < end && isPlainSpace(plain, start)) start += 1;
  while (end > start && isPlainSpace(plain, end - 1)) end -= 1;
  return plain.slice(start, end);
};

/** The spaces of the C library: \x1c to \x1f are none, although str.isspace takes them. */
const isPlainSpace = (text: string, index: number): boolean => {
  const code = text.charCodeAt(index);
  return code === 0x20 || (code >= 9 && code <= 13);
};
