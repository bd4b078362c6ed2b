/** The part of Python's textwrap that the filter `wordwrap` uses. */
import { spend } from "../limits.js";
import { fail } from "../problem.js";
import { letterClass, wordClass } from "../unicode/properties.js";
import { characters, lengthOf } from "../values/text.js";
import { stripped } from "./strings.js";

export interface Wrapping {
  readonly width: number;
  readonly breakLong: boolean;
  readonly breakHyphens: boolean;
}

export const wrapped = (line: string, options: Wrapping): string[] => {
  if (options.width <= 0) return fail(`invalid width ${options.width} (must be > 0)`);
  const chunks = line
    .split(options.breakHyphens ? chunkPattern(line) : SPACES)
    .filter((chunk) => chunk !== "")
    .reverse();
  if (chunks.some((chunk) => chunk.length > MAX_WORD)) return fail(`a word is longer than ${MAX_WORD} characters`);
  const lines: string[] = [];
  while (chunks.length > 0) {
    const current: string[] = [];
    let length = 0;
    if (lines.length > 0 && isBlank(chunks.at(-1))) chunks.pop();
    for (
      let next = chunks.at(-1);
      next !== undefined && length + lengthOf(next) <= options.width;
      next = chunks.at(-1)
    ) {
      current.push(next);
      length += lengthOf(next);
      chunks.pop();
    }
    const long = chunks.at(-1);
    if (long !== undefined && lengthOf(long) > options.width) takeLong(chunks, long, current, length, options);
    if (isBlank(current.at(-1))) current.pop();
    if (current.length > 0) lines.push(current.join(""));
  }
  return lines;
};

const isBlank = (chunk: string | undefined): boolean =>
  chunk !== undefined && stripped(chunk, undefined, "both") === "";

/** Cuts a word that is longer than a line, or puts it on a line of its own. */
const takeLong = (chunks: string[], long: string, current: string[], length: number, options: Wrapping): void => {
  if (!options.breakLong) {
    if (current.length === 0) {
      current.push(long);
      chunks.pop();
    }
    return;
  }
  // Each cut looks at the whole word, so a long word in narrow lines takes many steps.
  spend(long.length >> 6);
  const letters = characters(long);
  const part = (from: number, to: number): string =>
    typeof letters === "string" ? letters.slice(from, to) : letters.slice(from, to).join("");
  let end = options.width - length;
  if (options.breakHyphens && letters.length > end) {
    const hyphen = letters.lastIndexOf("-", end - 1);
    if (hyphen > 0 && /[^-]/.test(part(0, hyphen))) end = hyphen + 1;
  }
  current.push(part(0, end));
  chunks[chunks.length - 1] = part(end, letters.length);
};

/** The longest word: the time to cut a word grows with the square of its length. */
const MAX_WORD = 20_000;

const SPACES = /([\t\n\v\f\r ]+)/;

const chunksOf = (letters: string, word: string): RegExp => {
  const [letter, punctuation, inWord] = [`[${letters}]`, `[${word}!"'&.,?]`, `[${word}]`];
  return new RegExp(
    `([\\t\\n\\v\\f\\r ]+|(?<=${punctuation})-{2,}(?=${inWord})|[^\\t\\n\\v\\f\\r ]+?(?:-(?:(?<=${letter}{2}-)|(?<=${letter}-${punctuation}-))(?=${letter}-?${letter})|(?=[\\t\\n\\v\\f\\r ]|$)|(?<=${punctuation})(?=-{2,}${inWord})))`,
    "u",
  );
};

const ASCII_CHUNKS = chunksOf("A-Za-z_", "A-Za-z0-9_");

/** The pattern of textwrap. Most lines do without the letters of all scripts. */
const chunkPattern = (line: string): RegExp =>
  /^[\0-\x7f]*$/.test(line) ? ASCII_CHUNKS : (allChunks ??= chunksOf(letterClass(), wordClass()));

/** Made when first needed: it is long. */
let allChunks: RegExp | undefined;
