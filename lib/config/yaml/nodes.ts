/** Helpers for single YAML nodes: offset, text, and name as a key. */
import { isScalar, type Pair, Scalar } from "yaml";
import { Float, Timestamp, type Value } from "../../plan/values.js";
import { readScalar } from "./resolve.js";

/** The offset at which a node starts. */
export const offsetOf = (node: unknown): number | undefined =>
  (node as { readonly range?: readonly number[] | null } | null | undefined)?.range?.[0];

/** The text of a scalar, without its quotes. */
export const textOf = ({ value }: Scalar): string => (typeof value === "string" ? value : "");

/** Whether the text of a scalar decides its type: it has neither quotes nor a tag, or the tag `!`, as in PyYAML. */
export const isPlain = ({ type, tag, value }: Scalar): boolean =>
  tag === undefined ? type === "PLAIN" : tag === "!" && value !== "";

/** Whether the key of a pair is `<<` without quotes. */
export const isMerge = ({ key }: Pair): boolean => isScalar(key) && key.value === "<<" && isPlain(key);

/** The name of a key node, as Python prints the key. */
export const nameIn = (key: Scalar): string | undefined => {
  try {
    return nameOf(isPlain(key) ? readScalar(textOf(key)) : textOf(key));
  } catch {
    return textOf(key);
  }
};

/** The name of a key, as Python prints it. Undefined for a list or a mapping. */
export const nameOf = (key: Value): string | undefined => {
  if (typeof key === "string") return key;
  if (typeof key === "boolean") return key ? "True" : "False";
  if (key === null) return "None";
  return typeof key === "object" && !(key instanceof Float) && !(key instanceof Timestamp) ? undefined : String(key);
};
