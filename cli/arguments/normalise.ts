/**
 * The reference's spellings, rewritten into those that commander knows: `-ct 30`, `-k=3`, unambiguous beginnings of
 * long options, and `-x` with many values. What commander reads as Python's argparse does is left as it is.
 */

/** Options of two letters and one dash, which commander refuses to declare. */
export const TWO_LETTERS: Readonly<Record<string, string>> = {
  "-ct": "--check-timeout",
  "-st": "--submit-timeout",
  "-rt": "--running-timeout",
  "-et": "--error-timeout",
  "-ms": "--max-stagger",
};

/** The option that takes every `name=value` that follows. */
const VARIABLES = "--extra-vars";

/** What an option says that may do without a value; commander would take the next word for it. */
const IMPLIED: Readonly<Record<string, string>> = { "--retry-failed": "all" };

export interface KnownOptions {
  readonly short?: string | undefined;
  readonly long?: string | undefined;
}

/**
 * `known` holds the options in the order in which they matter: the beginning of a word that stands for one option of
 * the reference goes on to stand for it, however many options are added to `added`.
 */
export const normalise = (
  words: readonly string[],
  known: readonly KnownOptions[],
  added: readonly KnownOptions[] = [],
): string[] => {
  const written: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") return [...written, ...words.slice(at)];
    const [before, name, value] = spelledOut(word, known, added);
    if (before !== undefined) written.push(before);
    if (name !== VARIABLES) {
      const meant = value ?? IMPLIED[name];
      written.push(meant === undefined ? name : `${name}=${meant}`);
      continue;
    }
    const values = value === undefined ? words.slice(at + 1, endOfVariables(words, at + 1)) : [value];
    written.push(...values.map((pair) => `${VARIABLES}=${pair}`));
    if (value === undefined) at += values.length;
  }
  return written;
};

/** Options before it in the same word, its own full name, and a value that is tied to it. */
type Spelling = readonly [before: string | undefined, name: string, value?: string | undefined];

const spelledOut = (word: string, known: readonly KnownOptions[], added: readonly KnownOptions[]): Spelling => {
  const [, name = word, value] = /^(-[^=]+)=(.*)$/s.exec(word) ?? [];
  if (word.startsWith("--")) return [undefined, longName(name, known) ?? longName(name, added) ?? name, value];
  const long = TWO_LETTERS[name] ?? (value === undefined ? beginningOfTwo(name, known) : undefined);
  if (long !== undefined) return [undefined, long, value];
  // `-vx`, `-xa=1`: flags may stand before it in the same word, and its first value right behind it.
  const cluster = /^-([ndvcsp]*)x(?:=?(.+))?$/s.exec(word);
  if (cluster) return [cluster[1] ? `-${cluster[1]}` : undefined, VARIABLES, cluster[2]];
  const single = value === undefined ? undefined : known.find(({ short }) => short === name)?.long;
  return single === undefined ? [undefined, word] : [undefined, single, value];
};

/** The one long option that is, or begins with, this word. */
const longName = (word: string, options: readonly KnownOptions[]): string | undefined => {
  const names = options.flatMap(({ long }) => (long?.startsWith(word) ? [long] : []));
  return names.length === 1 || names.includes(word) ? (names.includes(word) ? word : names[0]) : undefined;
};

/** argparse takes `-m 3` for `-ms 3`, as nothing else begins so. */
const beginningOfTwo = (word: string, known: readonly KnownOptions[]): string | undefined => {
  if (!/^-[a-z]$/.test(word) || known.some(({ short }) => short === word)) return undefined;
  const names = Object.keys(TWO_LETTERS).filter((name) => name.startsWith(word));
  return names.length === 1 ? TWO_LETTERS[names[0] ?? ""] : undefined;
};

const endOfVariables = (words: readonly string[], from: number): number => {
  const end = words.findIndex((word, at) => at >= from && (word.startsWith("-") || !word.includes("=")));
  return end === -1 ? words.length : end;
};
