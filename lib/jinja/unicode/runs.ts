/** Reads the tables of Unicode, each at its first use. */
import { EXPANSIONS, MAPPINGS, SETS } from "./tables.js";

export type PointSet = keyof typeof SETS;
export type CaseMapping = keyof typeof MAPPINGS;

const wordsOf = (table: string): readonly (readonly number[])[] =>
  table
    .split(/\s+/)
    .filter((word) => word !== "")
    .map((word) => word.split(".").map((field) => Number.parseInt(field, 36)));

/** Calls `visit` for each code point of the runs `gap.length.step.distance`. */
const visitRuns = (table: string, visit: (code: number, distance: number) => void): void => {
  let code = 0;
  for (const [gap = 0, length = 1, step = 1, distance = 0] of wordsOf(table)) {
    code += gap;
    for (let index = 0; index < length; index++) {
      if (index > 0) code += step;
      visit(code, distance);
    }
  }
};

const remembered = <K, V>(make: (key: K) => V): ((key: K) => V) => {
  const known = new Map<K, V>();
  return (key) => {
    const found = known.get(key) ?? make(key);
    known.set(key, found);
    return found;
  };
};

/** The code points at which a set starts, ends, starts again, and so on. */
const edgesOf = remembered((set: PointSet): Uint32Array => {
  const edges: number[] = [];
  visitRuns(SETS[set], (code) => {
    if (edges.at(-1) === code) edges.pop();
    else edges.push(code);
    edges.push(code + 1);
  });
  return Uint32Array.from(edges);
});

/** The number of edges at or before a code point. */
const edgesBefore = (edges: Uint32Array, code: number): number => {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? 0) <= code) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Whether a set holds a code point. */
export const isIn = (set: PointSet, code: number): boolean => (edgesBefore(edgesOf(set), code) & 1) === 1;

/** The distance of a code point of a set from the last one before it that is not in the set, minus 1. */
export const placeInRun = (set: PointSet, code: number): number => {
  const edges = edgesOf(set);
  return code - (edges[edgesBefore(edges, code) - 1] ?? 0);
};

/** A set as the inside of a character class, for a pattern with the flag `u`. */
export const classOf = remembered((set: PointSet): string => {
  const edges = edgesOf(set);
  let text = "";
  for (let index = 0; index < edges.length; index += 2) {
    const [first, last] = [edges[index] ?? 0, (edges[index + 1] ?? 1) - 1];
    text += `\\u{${first.toString(16)}}-\\u{${last.toString(16)}}`;
  }
  return text;
});

/** The texts to which a mapping changes characters; other characters stay. */
export const caseTable = remembered((mapping: CaseMapping): ReadonlyMap<string, string> => {
  const changed = new Map<string, string>();
  visitRuns(MAPPINGS[mapping], (code, distance) =>
    changed.set(String.fromCodePoint(code), String.fromCodePoint(code + distance)),
  );
  for (const [from = 0, ...to] of wordsOf(EXPANSIONS[mapping]))
    changed.set(String.fromCodePoint(from), String.fromCodePoint(...to));
  return changed;
});
