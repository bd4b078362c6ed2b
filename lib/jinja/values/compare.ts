/** Order and membership, by Python's rules. */
import { spend } from "../limits.js";
import { fail } from "../problem.js";
import { Dict, DictView, Iterator, isSequence, itemsOf, Range, Tuple } from "./containers.js";
import { Moment } from "./dates.js";
import { equal, plainNumber } from "./equality.js";
import { iterate } from "./iterate.js";
import { plainText } from "./markup.js";
import { SURROGATES } from "./text.js";
import { isPyNumber, type Py, typeName, Undefined } from "./values.js";

export type Ordering = "<" | "<=" | ">" | ">=";

export const ordered = (operator: Ordering, left: Py, right: Py): boolean => {
  if (left instanceof Undefined) return left.refuse();
  if (right instanceof Undefined) return right.refuse();
  if (isPyNumber(left) && isPyNumber(right)) return holds(operator, plainNumber(left), plainNumber(right));
  const [one, two] = [plainText(left), plainText(right)];
  if (one !== undefined && two !== undefined) return holds(operator, textOrder(one, two), 0);
  if (isSequence(left) && isSequence(right) && Array.isArray(left) === Array.isArray(right))
    return orderedItems(operator, itemsOf(left), itemsOf(right));
  if (left instanceof Moment && right instanceof Moment && left.type === right.type)
    return holds(operator, left.compared(right), 0);
  return fail(`'${operator}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`);
};

/** The order of two texts by code points. JavaScript compares code units, and puts U+1F600 before U+FF5E. */
const textOrder = (left: string, right: string): number => {
  if (left === right) return 0;
  if (!SURROGATES.test(left) && !SURROGATES.test(right)) return left < right ? -1 : 1;
  let index = 0;
  while (left.charCodeAt(index) === right.charCodeAt(index)) index += 1;
  return rankOf(left, index) - rankOf(right, index);
};

/** Orders code units as the code points they stand for: surrogates after all others, the end of the text before them. */
const rankOf = (text: string, index: number): number => {
  const unit = index < text.length ? text.charCodeAt(index) : -1;
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
};

const holds = <T extends string | number | bigint>(operator: Ordering, left: T, right: T): boolean => {
  if (operator === "<") return left < right;
  if (operator === "<=") return left <= right;
  return operator === ">" ? left > right : left >= right;
};

const orderedItems = (operator: Ordering, left: readonly Py[], right: readonly Py[]): boolean => {
  spend(1);
  const shorter = Math.min(left.length, right.length);
  for (let index = 0; index < shorter; index++) {
    const [a, b] = [left[index] as Py, right[index] as Py];
    if (a !== b && !equal(a, b)) return ordered(operator, a, b);
  }
  return holds(operator, left.length, right.length);
};

/** Python's sorted(): stable, and compares only with `<`. */
export const sorted = (items: readonly Py[], key: (item: Py) => Py, reverse: boolean): Py[] => {
  const keyed = items.map((item) => ({ item, key: key(item) }));
  spend(items.length * 4);
  if (reverse) keyed.reverse();
  keyed.sort((a, b) => (ordered("<", a.key, b.key) ? -1 : ordered("<", b.key, a.key) ? 1 : 0));
  if (reverse) keyed.reverse();
  return keyed.map(({ item }) => item);
};

/** `item in container`. */
export const contains = (container: Py, item: Py): boolean => {
  const text = plainText(container);
  if (text !== undefined) {
    const wanted = plainText(item);
    if (wanted !== undefined) return text.includes(wanted);
    if (item instanceof Undefined) item.lenient();
    return fail(`'in <string>' requires string as left operand, not ${typeName(item)}`);
  }
  if (container instanceof Dict) return container.has(item);
  if (container instanceof DictView && container.kind === "keys") return container.dict.has(item);
  if (container instanceof Range && typeof item === "number") {
    const place = (item - container.start) / container.step;
    return Number.isInteger(place) && place >= 0 && place < container.length;
  }
  const items = notIterable(container)
    ? fail(`argument of type '${typeName(container)}' is not iterable`)
    : iterate(container);
  for (const other of items) if (item === other || equal(other, item)) return true;
  return false;
};

const notIterable = (value: Py): boolean =>
  isPyNumber(value) ||
  value === null ||
  (!Array.isArray(value) &&
    typeof value === "object" &&
    !(value instanceof Iterator) &&
    !(value instanceof Tuple) &&
    value.iterate() === undefined);
