/** Python's upper, lower, title, capitalize, swapcase and casefold. */
import { isCased, isCaseIgnorable, isLower, isUpper } from "./properties.js";
import { type CaseMapping, caseTable } from "./runs.js";

const ASCII = /^[\0-\x7f]*$/;

const mapped = (mapping: CaseMapping, character: string): string | undefined => caseTable(mapping).get(character);

const upperOf = (character: string): string => mapped("upper", character) ?? character;

const titleOf = (character: string): string => mapped("title", character) ?? upperOf(character);

const foldOf = (character: string): string => mapped("fold", character) ?? mapped("lower", character) ?? character;

/** The small letter at an index. A capital sigma has two: ς at the end of a word, σ elsewhere. */
const lowerAt = (all: readonly string[], index: number): string => {
  const character = all[index] ?? "";
  if (character === "Σ") return endsWord(all, index) ? "ς" : "σ";
  return mapped("lower", character) ?? character;
};

const endsWord = (all: readonly string[], index: number): boolean => {
  let before = index - 1;
  while (before >= 0 && isCaseIgnorable(all[before] ?? "")) before -= 1;
  if (before < 0 || !isCased(all[before] ?? "")) return false;
  let after = index + 1;
  while (after < all.length && isCaseIgnorable(all[after] ?? "")) after += 1;
  return after === all.length || !isCased(all[after] ?? "");
};

/** Changes a text character by character. */
const changed = (text: string, change: (all: readonly string[], index: number) => string): string => {
  const all = Array.from(text);
  let result = "";
  for (let index = 0; index < all.length; index++) result += change(all, index);
  return result;
};

export const uppercase = (text: string): string =>
  ASCII.test(text) ? text.toUpperCase() : changed(text, (all, index) => upperOf(all[index] ?? ""));

export const lowercase = (text: string): string => (ASCII.test(text) ? text.toLowerCase() : changed(text, lowerAt));

export const casefolded = (text: string): string =>
  ASCII.test(text) ? text.toLowerCase() : changed(text, (all, index) => foldOf(all[index] ?? ""));

export const capitalized = (text: string): string =>
  changed(text, (all, index) => (index === 0 ? titleOf(all[0] ?? "") : lowerAt(all, index)));

/** str.title: a capital letter at the start of every word, small letters after it. */
export const titled = (text: string): string =>
  changed(text, (all, index) => (isCased(all[index - 1] ?? "") ? lowerAt(all, index) : titleOf(all[index] ?? "")));

export const swapped = (text: string): string =>
  changed(text, (all, index) => {
    const character = all[index] ?? "";
    if (isUpper(character)) return lowerAt(all, index);
    return isLower(character) ? upperOf(character) : character;
  });
