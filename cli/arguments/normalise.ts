/**
 * A rewrite of the Python tool's spellings into those that commander knows: `-ct 30`, `-k=3`, unambiguous beginnings
 * of long options, and `-x` with many values. It leaves alone what commander and Python's argparse read alike.
 */

/** Options of two letters after one dash. Commander refuses to declare them. */
export const TWO_LETTERS: Readonly<Record<string, string>> = {
  "-ct": "--check-timeout",
  "-st": "--submit-timeout",
  "-rt": "--running-timeout",
  "-et": "--error-timeout",
  "-ms": "--max-stagger",
};

/** The option that takes every `name=value` that follows. */
const VARIABLES = "--extra-vars";

/** The values of options that are given without a value. Commander would take the next word as the value. */
const DEFAULT_VALUES: Readonly<Record<string, string>> = { "--retry-failed": "all" };

export interface KnownOptions {
  readonly short?: string | undefined;
  readonly long?: string | undefined;
}

/**
 * `known` are the options of the Python tool, `added` those that only this program has. An abbreviation that is unique
 * among `known` keeps its meaning, however many options `added` has.
 */
export const normalise = (
  words: readonly string[],
  known: readonly KnownOptions[],
  added: readonly KnownOptions[] = [],
): string[] => {
  const rewritten: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") return [...rewritten, ...words.slice(at)];
    const [before, name, value] = spellOut(word, known, added);
    if (before !== undefined) rewritten.push(before);
    if (name !== VARIABLES) {
      const given = value ?? DEFAULT_VALUES[name];
      rewritten.push(given === undefined ? name : `${name}=${given}`);
      continue;
    }
    const values = value === undefined ? words.slice(at + 1, endOfVariables(words, at + 1)) : [value];
    rewritten.push(...values.map((pair) => `${VARIABLES}=${pair}`));
    if (value === undefined) at += values.length;
  }
  return rewritten;
};

/** How many times the words name the option of variables. Of several, the Python tool uses the last. */
export const variableOptions = (words: readonly string[], known: readonly KnownOptions[]): number => {
  const end = words.indexOf("--");
  const options = end === -1 ? words : words.slice(0, end);
  return options.filter((word) => spellOut(word, known, [])[1] === VARIABLES).length;
};

/** The flags before the option in the same word, its full name, and its value if the word contains one. */
type SpelledOption = readonly [before: string | undefined, name: string, value?: string | undefined];

const spellOut = (word: string, known: readonly KnownOptions[], added: readonly KnownOptions[]): SpelledOption => {
  const [, name = word, value] = /^(-[^=]+)=(.*)$/s.exec(word) ?? [];
  if (word.startsWith("--")) return [undefined, longName(name, known) ?? longName(name, added) ?? name, value];
  const long = TWO_LETTERS[name] ?? (value === undefined ? twoLettersFrom(name, known) : undefined);
  if (long !== undefined) return [undefined, long, value];
  // `-vx`, `-xa=1`: the word may have flags before the `x`, and the first value after it.
  const cluster = /^-([ndvcsp]*)x(?:=?(.+))?$/s.exec(word);
  if (cluster) return [cluster[1] ? `-${cluster[1]}` : undefined, VARIABLES, cluster[2]];
  const single = value === undefined ? undefined : known.find(({ short }) => short === name)?.long;
  return single === undefined ? [undefined, word] : [undefined, single, value];
};

/** The long option that equals this word, or else the only one that begins with it. */
const longName = (word: string, options: readonly KnownOptions[]): string | undefined => {
  const names = options.flatMap(({ long }) => (long?.startsWith(word) ? [long] : []));
  return names.length === 1 || names.includes(word) ? (names.includes(word) ? word : names[0]) : undefined;
};

/** argparse reads `-m 3` as `-ms 3`, because no other option begins with `-m`. */
const twoLettersFrom = (word: string, known: readonly KnownOptions[]): string | undefined => {
  if (!/^-[a-z]$/.test(word) || known.some(({ short }) => short === word)) return undefined;
  const names = Object.keys(TWO_LETTERS).filter((name) => name.startsWith(word));
  return names.length === 1 ? TWO_LETTERS[names[0] ?? ""] : undefined;
};

const endOfVariables = (words: readonly string[], from: number): number => {
  const end = words.findIndex((word, at) => at >= from && (word.startsWith("-") || !word.includes("=")));
  return end === -1 ? words.length : end;
};
