/** Iteration over values, and their lengths. */
import { boundedCount, spend } from "../limits.js";
import { fail } from "../problem.js";
import { characters } from "./text.js";
import { type Py, typeName } from "./values.js";

/** The items of a value that Python can iterate over; undefined for any other value. */
export const tryIterate = (value: Py): Iterable<Py> | undefined => {
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return characters(value);
  return value !== null && typeof value === "object" && "iterate" in value ? value.iterate() : undefined;
};

export const iterate = (value: Py): Iterable<Py> =>
  tryIterate(value) ?? fail(`'${typeName(value)}' object is not iterable`);

/** All items as a new list. */
export const toList = (value: Py): Py[] => {
  if (Array.isArray(value)) {
    spend(value.length);
    return value.slice();
  }
  const list: Py[] = [];
  for (const item of iterate(value)) {
    list.push(item);
    if ((list.length & 0xfff) === 0) boundedCount(list.length);
  }
  spend(list.length);
  return list;
};

/** Python's len(); undefined where Python raises TypeError. */
export const trySize = (value: Py): number | undefined => {
  if (Array.isArray(value)) return value.length;
  if (typeof value === "string") return characters(value).length;
  return value !== null && typeof value === "object" && "size" in value ? value.size() : undefined;
};

export const size = (value: Py): number => trySize(value) ?? fail(`object of type '${typeName(value)}' has no len()`);
