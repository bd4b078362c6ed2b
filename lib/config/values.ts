/** From the tree of YAML nodes to values: PyYAML's reading of scalars, aliases and merge keys. */
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from "yaml";
import { Float, isVariables, Timestamp, type Value } from "../values.js";
import type { Findings } from "./findings.js";
import { readScalar, readTagged } from "./scalar.js";
import type { Source, Spot } from "./source.js";
import { traps } from "./traps.js";
import { DEEPEST, type Tree } from "./tree.js";

/** The value of the whole document, or nothing where its aliases make it grow beyond all use. */
export const valuesOf = ({ root, aliases }: Tree, source: Source, found: Findings): Value | undefined => {
  const known = new Map<unknown, Reading>();
  const trap = traps(source, found);
  let borrowed = 0;

  const read = (node: unknown, inVariables: boolean): Reading => {
    if (isAlias(node)) {
      const target = aliases.get(node);
      const reading = known.get(target) ?? read(target, inVariables);
      borrow(reading, node);
      return reading;
    }
    const reading = isMap(node)
      ? mapping(node, inVariables)
      : isSeq(node)
        ? sequence(node.items, node, inVariables)
        : scalar(node, inVariables);
    if (reading.depth > DEEPEST) throw new Bomb(spotOf(node));
    if (hasAnchor(node)) known.set(node, reading);
    return reading;
  };

  /** Takes down how much aliases add: a few lines can stand for billions of values. */
  const borrow = ({ size }: Reading, node: unknown): void => {
    borrowed += size;
    if (borrowed > MOST_BORROWED) throw new Bomb(spotOf(node));
  };

  const sequence = (items: readonly unknown[], node: Node, inVariables: boolean): Reading => {
    tagged(node, "seq");
    const readings = items.map((item) => read(item, inVariables));
    return collection(
      readings.map(({ value }) => value),
      readings,
    );
  };

  const mapping = (node: YAMLMap, inVariables: boolean): Reading => {
    tagged(node, "map");
    const readings: Reading[] = [];
    const own: Record<string, Value> = {};
    const merged: Record<string, Value> = {};
    const seen = new Map<string, unknown>();
    for (const pair of node.items) {
      if (isMerge(pair)) {
        const source = read(pair.value, inVariables);
        readings.push(source);
        Object.assign(merged, ...sources(source.value, pair));
        continue;
      }
      // Told once, as what it was meant to be: a text.
      if (isTemplate(pair.key)) return { value: source.text.slice(...span(node)), size: 1, depth: 0 };
      const key = keyOf(pair.key, inVariables);
      if (key === undefined || isDuplicate(key, pair, seen)) continue;
      const reading = read(pair.value, inVariables || key === "vars" || key === "runs");
      readings.push(reading);
      own[key] = reading.value;
    }
    return collection({ ...merged, ...own }, readings);
  };

  /** What `<<` brings in, the strongest last. */
  const sources = (value: Value, pair: Pair): readonly object[] => {
    const all: readonly Value[] = Array.isArray(value) ? (value as readonly Value[]) : [value];
    if (!all.every(isVariables)) {
      found.error("bad-merge", "`<<` takes a mapping, or a list of mappings, most often as `*name`", spotOf(pair.key));
      return [];
    }
    borrowed += all.reduce((sum, each) => sum + Object.keys(each).length, 0);
    return all.toReversed();
  };

  /** `{{ x }}` without quotes is a mapping whose key is a mapping. */
  const isTemplate = (key: unknown): boolean => {
    if (!isMap(key)) return false;
    const message = "a text that starts with `{{` needs quotes around all of it";
    found.error("unquoted-template", message, spotOf(key));
    return true;
  };

  const keyOf = (node: unknown, inVariables: boolean): string | undefined => {
    const spot = spotOf(node);
    const { value } = read(node, false);
    const key = nameOf(value);
    if (key === undefined) found.error("key-not-text", "a key has to be a text, not a list or a mapping", spot);
    else if (FORBIDDEN.has(key)) found.error("forbidden-key", `\`${key}\` cannot be used as a key`, spot);
    else if (inVariables && typeof value === "boolean") {
      const message = `this key is read as ${String(value)} and named ${key}; put it in quotes`;
      found.warning("key-not-text", message, spot);
    }
    return key === undefined || FORBIDDEN.has(key) ? undefined : key;
  };

  const isDuplicate = (key: string, pair: Pair, seen: Map<string, unknown>): boolean => {
    const first = seen.get(key);
    seen.set(key, first ?? pair.key);
    if (first === undefined) return false;
    const { line, column } = spotOf(first);
    const message = `the key \`${key}\` stands here a second time; the first is at line ${String(line)}, column ${String(column)}`;
    found.error("duplicate-key", message, spotOf(pair.key));
    return true;
  };

  const scalar = (node: unknown, inVariables: boolean): Reading => {
    if (!isScalar(node)) return { value: null, size: 1, depth: 0 };
    const text = textOf(node);
    try {
      const tag = node.tag;
      const plain = tag === undefined && node.type === "PLAIN";
      const value = tag !== undefined ? readTagged(tag, text) : plain ? readScalar(text) : text;
      if (typeof value === "string" && value.includes("\0"))
        throw new RangeError("a text cannot hold the character NUL");
      if (plain) trap(node, text, value, inVariables);
      return { value, size: 1, depth: 0 };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      found.error("bad-value", error.message, spotOf(node));
      return { value: text, size: 1, depth: 0 };
    }
  };

  const tagged = (node: Node & { tag?: string }, kind: "map" | "seq"): void => {
    const { tag } = node;
    if (tag !== undefined && tag !== `tag:yaml.org,2002:${kind}`)
      found.error("bad-value", `the tag ${tag.replace("tag:yaml.org,2002:", "!!")} is not known here`, spotOf(node));
  };

  const spotOf = (node: unknown): Spot => source.spot(offsetOf(node));

  try {
    return read(root, false).value;
  } catch (error) {
    if (!(error instanceof Bomb)) throw error;
    const message = `aliases make the configuration more than ${DEEPEST} levels deep, or larger by ${MOST_BORROWED} values; that cannot be meant`;
    found.error("alias-bomb", message, error.spot);
    return undefined;
  }
};

const span = ({ range }: Node): [number, number] => [range?.[0] ?? 0, range?.[1] ?? 0];

/** Where a node starts. */
export const offsetOf = (node: unknown): number | undefined =>
  (node as { readonly range?: readonly number[] | null } | null | undefined)?.range?.[0];

/** The text of a scalar, as it was written, without its quotes. */
export const textOf = ({ value }: Scalar): string => (typeof value === "string" ? value : "");

/** Whether it is `<<` without quotes. */
export const isMerge = ({ key }: Pair): boolean => isScalar(key) && key.type === "PLAIN" && key.value === "<<";

/** A value, with how many values it holds and how deep it is, aliases written out. */
interface Reading {
  readonly value: Value;
  readonly size: number;
  readonly depth: number;
}

class Bomb extends Error {
  constructor(readonly spot: Spot) {
    super("alias bomb");
  }
}

const MOST_BORROWED = 2_000_000;
/** Keys that mean something to JavaScript, and would reach into the program instead of naming a variable. */
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/** What a key is called, as Python prints it. */
const nameOf = (key: Value): string | undefined => {
  if (typeof key === "object" && key !== null && !(key instanceof Float) && !(key instanceof Timestamp))
    return undefined;
  if (typeof key === "boolean") return key ? "True" : "False";
  return key === null ? "None" : String(key);
};

const hasAnchor = (node: unknown): boolean => (node as { readonly anchor?: string }).anchor !== undefined;

const collection = (value: Value, parts: readonly Reading[]): Reading => {
  let [size, depth] = [1, 0];
  for (const part of parts) {
    size += part.size;
    depth = Math.max(depth, part.depth);
  }
  return { value, size, depth: depth + 1 };
};
