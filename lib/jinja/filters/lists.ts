/** Filters on lists and other iterables. */
import { joined } from "../format/strings.js";
import { boundedCount } from "../limits.js";
import { fail } from "../problem.js";
import { ordered, sorted } from "../values/compare.js";
import {
  Dict,
  DictView,
  GroupTuple,
  Iterator,
  isSequence,
  itemsOf,
  pairOf,
  Range,
  Tuple,
} from "../values/containers.js";
import { equal, keyOf } from "../values/equality.js";
import { iterate, size, toList } from "../values/iterate.js";
import { Markup, plainText } from "../values/markup.js";
import { toInteger } from "../values/numbers.js";
import { REQUIRED } from "../values/signature.js";
import { characters, str } from "../values/text.js";
import { type Py, truth, typeName, Undefined } from "../values/values.js";
import { attributeGetter, attributeListGetter, type Filters, filter, generator, lowercased } from "./filter.js";

const caseless = (sensitive: Py): ((value: Py) => Py) => (truth(sensitive) ? (value) => value : lowercased);

const sort = (value: Py, reverse: Py, sensitive: Py, attribute: Py): Py => {
  const [get, fold] = [attributeListGetter(attribute), caseless(sensitive)];
  return sorted(toList(value), (item) => get(item).map(fold), truth(reverse));
};

const dictSort = (value: Py, sensitive: Py, by: Py, reverse: Py): Py => {
  if (by !== "key" && by !== "value") return fail('You can only sort by either "key" or "value"');
  if (value instanceof Undefined) return value.refuse();
  if (!(value instanceof Dict)) return fail(`'${typeName(value)}' object has no attribute 'items'`);
  const fold = caseless(sensitive);
  const pairs: Py[] = value.pairs().map((pair) => new Tuple(pair));
  return sorted(pairs, (pair) => fold((pair as Tuple).items[by === "key" ? 0 : 1] ?? null), truth(reverse));
};

function* unique(value: Py, sensitive: Py, attribute: Py): IterableIterator<Py> {
  const [get, fold, seen] = [attributeGetter(attribute), caseless(sensitive), new Set<unknown>()];
  for (const item of iterate(value)) {
    const key = keyOf(fold(get(item)));
    if (seen.has(key)) continue;
    seen.add(key);
    yield item;
  }
}

const extreme =
  (wanted: "<" | ">") =>
  (value: Py, sensitive: Py, attribute: Py): Py => {
    const [get, fold] = [attributeGetter(attribute), caseless(sensitive)];
    let best: { readonly item: Py; readonly key: Py } | undefined;
    for (const item of iterate(value)) {
      const key = fold(get(item));
      if (best === undefined || ordered(wanted, key, best.key)) best = { item, key };
    }
    return best === undefined ? new Undefined("No aggregated item, sequence was empty.") : best.item;
  };

const first = (value: Py): Py => {
  for (const item of iterate(value)) return item;
  return new Undefined("No first item, sequence was empty.");
};

/** The items from last to first; undefined for a value that Python's reversed() refuses. */
const reversedItems = (value: Py): Py[] | undefined => {
  if (typeof value === "string" || value instanceof Markup) return Array.from(characters(str(value))).reverse();
  if (isSequence(value)) return itemsOf(value).toReversed();
  const reversible =
    value instanceof Dict || value instanceof DictView || value instanceof Range || value instanceof Undefined;
  return reversible ? toList(value).reverse() : undefined;
};

const last = (value: Py): Py => {
  const items = reversedItems(value) ?? fail(`'${typeName(value)}' object is not reversible`);
  const [item] = items;
  return item === undefined ? new Undefined("No last item, sequence was empty.") : item;
};

const reverse = (value: Py): Py => {
  const text = plainText(value);
  if (text !== undefined) return Array.from(text).reverse().join("");
  const items = reversedItems(value);
  if (items !== undefined)
    return new Iterator(items.values(), Array.isArray(value) ? "list_reverseiterator" : "reversed");
  return toList(value).reverse();
};

const random = (value: Py): Py => {
  if (size(value) === 0) return new Undefined("No random item, sequence was empty.");
  const items =
    isSequence(value) || typeof value === "string" || value instanceof Range
      ? toList(value)
      : fail(`cannot choose from a ${typeName(value)}`);
  return items[Math.floor(Math.random() * items.length)] ?? null;
};

const join = (value: Py, separator: Py, attribute: Py): Py => {
  const [get, between] = [attributeGetter(attribute), str(separator)];
  const parts = toList(value).map((item) => str(get(item)));
  return joined(parts, between);
};

function* batch(value: Py, count: Py, fill: Py): IterableIterator<Py> {
  let row: Py[] = [];
  for (const item of iterate(value)) {
    if (row.length === toInteger(count)) {
      yield row;
      row = [];
    }
    row.push(item);
  }
  if (row.length === 0) return;
  // The limit comes before the work: a row may be far longer than all items.
  if (fill !== null) for (const width = boundedCount(toInteger(count)); row.length < width; ) row.push(fill);
  yield row;
}

function* columns(value: Py, count: Py, fill: Py): IterableIterator<Py> {
  const [items, slices] = [toList(value), toInteger(count)];
  if (slices === 0) fail("integer division or modulo by zero");
  const [length, longer] = [Math.floor(items.length / slices), items.length % slices];
  let start = 0;
  for (let index = 0; index < slices; index++) {
    const end = start + length + (index < longer ? 1 : 0);
    const column = items.slice(start, end);
    if (fill !== null && index >= longer) column.push(fill);
    yield column;
    start = end;
  }
}

const groupBy = (value: Py, attribute: Py, fallback: Py, sensitive: Py): Py => {
  const [get, fold] = [attributeGetter(attribute, fallback), caseless(sensitive)];
  const groups: { readonly key: Py; readonly items: Py[] }[] = [];
  for (const item of sorted(toList(value), (one) => fold(get(one)), false)) {
    const key = fold(get(item));
    const group = groups.at(-1);
    if (group !== undefined && equal(group.key, key)) group.items.push(item);
    else groups.push({ key, items: [item] });
  }
  return groups.map(({ key, items }) => new GroupTuple([truth(sensitive) ? key : get(items[0] ?? null), items]));
};

function* pairs(value: Py): IterableIterator<Py> {
  if (value instanceof Undefined) value.lenient();
  else if (!(value instanceof Dict)) fail("Can only get item pairs from a mapping.");
  else for (const [key, item] of value.pairs()) yield pairOf(key, item);
}

const extremes = { case_sensitive: false, attribute: null };

export const LIST_FILTERS: Filters = [
  filter("list", {}, toList),
  filter("length", {}, size),
  filter("count", {}, size),
  filter("sort", { reverse: false, case_sensitive: false, attribute: null }, sort),
  filter("dictsort", { case_sensitive: false, by: "key", reverse: false }, dictSort),
  generator("unique", { case_sensitive: false, attribute: null }, unique),
  filter("min", extremes, extreme("<")),
  filter("max", extremes, extreme(">")),
  filter("first", {}, first),
  filter("last", {}, last),
  filter("reverse", {}, reverse),
  filter("random", {}, random),
  filter("join", { d: "", attribute: null }, join),
  generator("batch", { linecount: REQUIRED, fill_with: null }, batch),
  generator("slice", { slices: REQUIRED, fill_with: null }, columns),
  filter("groupby", { attribute: REQUIRED, default: null, case_sensitive: false }, groupBy),
  generator("items", {}, pairs),
];
