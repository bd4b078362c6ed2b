/** Finds the place in the text of each part of a configuration, by its path: `ensemble`, `batches`, 0, `maxruns`. */
import { isAlias, isMap, isScalar, isSeq, type Pair } from "yaml";
import type { Source, Spot } from "../source.js";
import type { DocumentTree } from "./compose.js";
import { isMerge, isPlain, nameIn, offsetOf, textOf } from "./nodes.js";

export type Path = readonly (string | number)[];

export interface Locations {
  /** The place of the value, or if it is missing, of the nearest part around it. */
  value(path: Path): Spot;
  /** The place of the key, or if it is missing, of the nearest part around it. */
  key(path: Path): Spot;
  /** Whether the path leads to a value, also through a merge by `<<`. */
  has(path: Path): boolean;
  /** The text of a scalar as the user wrote it. `plain`: its text decides its type. */
  written(path: Path): { readonly text: string; readonly plain: boolean } | undefined;
}

export const locationsIn = (tree: DocumentTree, source: Source): Locations => {
  const resolved = (node: unknown): unknown => (isAlias(node) ? tree.aliases.get(node) : node);

  const pairIn = (node: unknown, name: string): Pair | undefined => {
    const map = resolved(node);
    if (isSeq(map)) return firstOf(map.items, (item) => pairIn(item, name));
    if (!isMap(map)) return undefined;
    const own = map.items.find(({ key }) => isScalar(key) && nameIn(key) === name);
    // A merged pair is located where the user wrote it, not at the `<<`.
    return own ?? firstOf(map.items.filter(isMerge).toReversed(), ({ value }) => pairIn(value, name));
  };

  const walk = (path: Path): Walk => {
    let walked: Walk = { complete: true, key: tree.root, value: tree.root };
    for (const part of path) {
      const node = resolved(walked.value);
      const pair = typeof part === "string" && isMap(node) ? pairIn(node, part) : undefined;
      const item = typeof part === "number" && isSeq(node) ? node.items[part] : undefined;
      if (pair !== undefined) walked = { complete: true, key: pair.key, value: pair.value };
      else if (item !== undefined) walked = { complete: true, key: item, value: item };
      else return { ...walked, complete: false };
    }
    return walked;
  };

  return {
    value: (path) => {
      const { key, value, complete } = walk(path);
      const empty = value === null || (isScalar(value) && value.value === "" && isPlain(value));
      // A missing key is located at the key of the mapping that lacks it, or at the mapping itself in a list.
      return source.spot(offsetOf(empty || !complete ? key : value));
    },
    key: (path) => source.spot(offsetOf(walk(path).key)),
    has: (path) => walk(path).complete,
    written: (path) => {
      const node = resolved(walk(path).value);
      return isScalar(node) ? { text: textOf(node), plain: isPlain(node) } : undefined;
    },
  };
};

interface Walk {
  readonly complete: boolean;
  readonly key: unknown;
  readonly value: unknown;
}

const firstOf = <T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined => {
  for (const item of items) {
    const result = find(item);
    if (result !== undefined) return result;
  }
  return undefined;
};
