/** Turns the tree of YAML nodes into values, and reads scalars, aliases and merge keys as PyYAML does. */
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from "yaml";
import { isVariables, type Pair as KeyedValue, mappingOf, pairsOf, type Value } from "../../plan/values.js";
import type { Findings } from "../findings.js";
import type { Source, Spot } from "../source.js";
import { type DocumentTree, MAX_DEPTH } from "./compose.js";
import { isMerge, isPlain, nameIn, nameOf, offsetOf, textOf } from "./nodes.js";
import { pitfallCheck } from "./pitfalls.js";
import { readScalar, readTagged } from "./resolve.js";

/** The value of the whole document, or undefined if its aliases expand beyond a limit. */
export const valuesOf = ({ root, aliases }: DocumentTree, source: Source, found: Findings): Value | undefined => {
  const checkPitfalls = pitfallCheck(source, found);
  const anchored = new Map<unknown, Anchored>();
  let counted = 0;
  let aliased = 0;
  let deepest = 0;

  const spotOf = (node: unknown): Spot => source.spot(offsetOf(node));

  const read = (node: unknown, depth: number, inVariables: boolean): Value => {
    counted++;
    if (isAlias(node)) {
      const target = anchored.get(aliases.get(node));
      if (target === undefined) return null;
      countAliased(target.size, node);
      checkDepth(depth + target.height, node);
      return target.value;
    }
    if (!hasAnchor(node)) return readNode(node, depth, inVariables);
    const [before, outer] = [counted, deepest];
    deepest = depth;
    const value = readNode(node, depth, inVariables);
    anchored.set(node, { value, size: counted - before + 1, height: deepest - depth });
    deepest = Math.max(outer, deepest);
    return value;
  };

  const readNode = (node: unknown, depth: number, inVariables: boolean): Value => {
    if (isScalar(node)) return scalar(node, inVariables);
    checkDepth(depth + 1, node);
    if (isMap(node)) return mapping(node, depth + 1, inVariables);
    if (!isSeq(node)) return null;
    checkTag(node, "seq");
    return node.items.map((item) => read(item, depth + 1, inVariables));
  };

  /** Counts the values that an alias adds: a few lines of aliases can expand to billions. */
  const countAliased = (size: number, node: unknown): void => {
    counted += size;
    aliased += size;
    if (aliased > MAX_ALIASED)
      throw new Bomb(`up to here, aliases expand to more than the limit of ${MAX_ALIASED} values`, spotOf(node));
  };

  const checkDepth = (depth: number, node: unknown): void => {
    deepest = Math.max(deepest, depth);
    if (depth > MAX_DEPTH)
      throw new Bomb(`with its aliases, this is nested deeper than the limit of ${MAX_DEPTH} levels`, spotOf(node));
  };

  const mapping = (node: YAMLMap, depth: number, inVariables: boolean): Value => {
    checkTag(node, "map");
    const own = new Map<string, KeyedValue>();
    const merged = new Map<string, KeyedValue>();
    for (const pair of node.items) {
      if (isMerge(pair)) {
        for (const [key, value] of mergedBy(read(pair.value, depth, inVariables), pair))
          merged.set(nameOf(key) ?? "", [key, value]);
        continue;
      }
      // `isTemplate` reports the mistake; then the mapping counts as the string that the user meant.
      if (isTemplate(pair.key)) return source.text.slice(...span(node));
      const key = read(pair.key, depth, false);
      const name = nameIfUsable(key, pair.key, inVariables);
      if (name === undefined) continue;
      if (own.has(name)) reportDuplicate(name, pair, node);
      own.set(name, [key, read(pair.value, depth, inVariables || name === "vars" || name === "runs")]);
    }
    return mappingOf(merged.size === 0 ? own : new Map([...merged, ...own]));
  };

  /** The pairs that `<<` merges in; later ones override earlier ones. */
  const mergedBy = (value: Value, pair: Pair): readonly KeyedValue[] => {
    const all: readonly Value[] = Array.isArray(value) ? (value as readonly Value[]) : [value];
    if (all.every(isVariables)) return all.toReversed().flatMap(pairsOf);
    found.error("bad-merge", "`<<` takes a mapping or a list of mappings, usually as `*name`", spotOf(pair.key));
    return [];
  };

  /** `{{ x }}` without quotes is a mapping whose key is a mapping. */
  const isTemplate = (key: unknown): boolean => {
    if (!isMap(key)) return false;
    const message = "a string that starts with `{{` needs quotes around all of it";
    found.error("unquoted-template", message, spotOf(key));
    return true;
  };

  /** The name of a key. A key that cannot be used is reported. */
  const nameIfUsable = (key: Value, node: unknown, inVariables: boolean): string | undefined => {
    const name = nameOf(key);
    if (inVariables && typeof key === "boolean") {
      const message = `this key is read as the boolean ${String(key)}, which makes its name ${String(name)}; put it in quotes`;
      found.warning("key-not-text", message, spotOf(node));
    }
    if (name !== undefined && !FORBIDDEN.has(name)) return name;
    if (name === undefined)
      found.error("key-not-text", "a key must be a string, not a list or a mapping", spotOf(node));
    else found.error("forbidden-key", `\`${name}\` cannot be used as a key`, spotOf(node));
    return undefined;
  };

  const reportDuplicate = (key: string, pair: Pair, { items }: YAMLMap): void => {
    const first = items.find(
      (other) => isScalar(other.key) && isScalar(pair.key) && nameIn(other.key) === nameIn(pair.key),
    );
    const { line, column } = spotOf(first?.key);
    const message = `the key \`${key}\` is a duplicate; the first one is at line ${String(line)}, column ${String(column)}`;
    found.error("duplicate-key", message, spotOf(pair.key));
  };

  const scalar = (node: Scalar, inVariables: boolean): Value => {
    const text = textOf(node);
    const plain = isPlain(node);
    try {
      const value = plain ? readScalar(text) : node.tag === undefined ? text : readTagged(node.tag, text);
      if (typeof value === "string" && value.includes("\0"))
        throw new RangeError("a string cannot contain the NUL character");
      if (plain) checkPitfalls(node, text, value, inVariables);
      return value;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      found.error("bad-value", error.message, spotOf(node));
      return text;
    }
  };

  const checkTag = (node: Node & { tag?: string }, kind: "map" | "seq"): void => {
    const { tag } = node;
    if (tag === undefined || tag === `tag:yaml.org,2002:${kind}`) return;
    found.error("bad-value", `the tag ${tag.replace("tag:yaml.org,2002:", "!!")} is not supported`, spotOf(node));
  };

  try {
    return read(root, 0, false);
  } catch (error) {
    if (!(error instanceof Bomb)) throw error;
    found.error("alias-bomb", error.message, error.spot);
    return undefined;
  }
};

/** The value of an anchor, with the number and depth of its values after all aliases in it are expanded. */
interface Anchored {
  readonly value: Value;
  readonly size: number;
  readonly height: number;
}

class Bomb extends Error {
  constructor(
    message: string,
    readonly spot: Spot,
  ) {
    super(message);
  }
}

const MAX_ALIASED = 2_000_000;

/** Keys that mean something to JavaScript, and would reach into the program instead of naming a variable. */
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

const hasAnchor = (node: unknown): boolean => (node as { readonly anchor?: string } | null)?.anchor !== undefined;

const span = ({ range }: Node): [number, number] => [range?.[0] ?? 0, range?.[1] ?? 0];
