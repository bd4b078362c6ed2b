/** The properties of characters and texts that Python's `str.is…` and its regular expressions know. */
import { classOf, isIn } from "./runs.js";

type CharacterTest = (character: string) => boolean;

const codeOf = (character: string): number => character.codePointAt(0) ?? 0;

export const isAlpha: CharacterTest = (character) => isIn("alpha", codeOf(character));
export const isDecimal: CharacterTest = (character) => isIn("decimal", codeOf(character));
export const isDigit: CharacterTest = (character) => isDecimal(character) || isIn("digit", codeOf(character));
export const isNumericCharacter: CharacterTest = (character) =>
  isDigit(character) || isIn("numeric", codeOf(character));
export const isAlphanumeric: CharacterTest = (character) => isAlpha(character) || isNumericCharacter(character);
export const isSpace: CharacterTest = (character) => isIn("space", codeOf(character));
export const isPrintable: CharacterTest = (character) => !isIn("unprintable", codeOf(character));
export const isLower: CharacterTest = (character) => isIn("lower", codeOf(character));
export const isUpper: CharacterTest = (character) => isIn("upper", codeOf(character));
/** A letter such as ǅ, which is neither a capital nor a small letter. */
export const isTitle: CharacterTest = (character) => isIn("title", codeOf(character));
export const isCased: CharacterTest = (character) => isLower(character) || isUpper(character) || isTitle(character);
/** Whether a character, such as an accent, stands between letters without separating them. */
export const isCaseIgnorable: CharacterTest = (character) => isIn("ignorable", codeOf(character));

const startsIdentifier: CharacterTest = (character) =>
  character === "_" || isAlpha(character) !== isIn("startDiffers", codeOf(character));

/** `\w` in Python. */
const isWord: CharacterTest = (character) => character === "_" || isAlphanumeric(character);

/** Whether Jinja2 reads a character as a part of a name; it then refuses names that are no identifiers. */
export const isInName: CharacterTest = (character) => isWord(character) || isIn("nameOnly", codeOf(character));

/** The number of words, as `\w+` in Python finds them. */
export const wordCount = (text: string): number => {
  let [count, inWord] = [0, false];
  for (const character of text) {
    const isPart = isWord(character);
    if (isPart && !inWord) count += 1;
    inWord = isPart;
  }
  return count;
};

/** Whether every character of a text passes a test, and there is one. */
export const allAre =
  (test: CharacterTest) =>
  (text: string): boolean => {
    if (text === "") return false;
    for (const character of text) if (!test(character)) return false;
    return true;
  };

export const isIdentifier = (text: string): boolean => {
  let isFirst = true;
  for (const character of text) {
    if (!startsIdentifier(character) && (isFirst || !isIn("continues", codeOf(character)))) return false;
    isFirst = false;
  }
  return !isFirst;
};

/** str.islower and str.isupper: there is a letter of this case, and none of another. */
export const isOfCase = (text: string, wanted: "lower" | "upper"): boolean => {
  let found = false;
  for (const character of text) {
    if (isIn(wanted, codeOf(character))) found = true;
    else if (isCased(character)) return false;
  }
  return found;
};

/** str.istitle: every word starts with a capital letter and goes on with small letters. */
export const isTitled = (text: string): boolean => {
  let [found, inWord] = [false, false];
  for (const character of text) {
    const isCapital = isUpper(character) || isTitle(character);
    if (isCapital ? inWord : isLower(character) && !inWord) return false;
    inWord = isCased(character);
    found ||= inWord;
  }
  return found;
};

/** `[^\W\d]` of Python as the inside of a character class, for a pattern with the flag `u`. */
export const letterClass = (): string => `_${classOf("alpha")}${classOf("digit")}${classOf("numeric")}`;

/** `\w` of Python, likewise. */
export const wordClass = (): string => `${letterClass()}${classOf("decimal")}`;
