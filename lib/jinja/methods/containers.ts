/** Methods of lists, tuples, ranges and dicts. */
import { boundedCount } from "../limits.js";
import { fail } from "../problem.js";
import { sorted } from "../values/compare.js";
import { Dict, DictView, isSequence, itemsOf, Range, Tuple } from "../values/containers.js";
import { equal } from "../values/equality.js";
import { iterate, toList } from "../values/iterate.js";
import { toInteger } from "../values/numbers.js";
import { REQUIRED, type Signature } from "../values/signature.js";
import { repr } from "../values/text.js";
import { type Py, truth } from "../values/values.js";
import { type Methods, method, property } from "./method.js";

const same = (left: Py, right: Py): boolean => left === right || equal(left, right);

const occurrences = (items: readonly Py[], wanted: Py): number => items.filter((item) => same(item, wanted)).length;

const indexOf = (items: readonly Py[], wanted: Py, start: Py, stop: Py, type: string): number => {
  const clamp = (value: Py, fallback: number): number => {
    if (value === null) return fallback;
    const index = toInteger(value);
    return index < 0 ? Math.max(0, index + items.length) : index;
  };
  const end = Math.min(items.length, clamp(stop, items.length));
  for (let index = clamp(start, 0); index < end; index++) if (same(items[index] as Py, wanted)) return index;
  return fail(`${type === "list" ? repr(wanted) : "tuple.index(x): x"} is not in ${type}`);
};

const index: Signature = { "/value": REQUIRED, "/start": null, "/stop": null };

export const SEQUENCE: Methods<readonly Py[]> = new Map([
  method("count", { "/value": REQUIRED }, occurrences),
  method("index", index, (self: readonly Py[], wanted: Py, start: Py, stop: Py) =>
    indexOf(self, wanted, start, stop, "tuple"),
  ),
]);

export const LIST: Methods<Py[]> = new Map([
  method("count", { "/value": REQUIRED }, occurrences),
  method("index", index, (self: Py[], wanted: Py, start: Py, stop: Py) => indexOf(self, wanted, start, stop, "list")),
  method("append", { "/object": REQUIRED }, (self: Py[], item: Py) => {
    self.push(item);
    boundedCount(self.length);
    return null;
  }),
  method("extend", { "/iterable": REQUIRED }, (self: Py[], more: Py) => {
    for (const item of toList(more)) self.push(item);
    boundedCount(self.length);
    return null;
  }),
  method("insert", { "/index": REQUIRED, "/object": REQUIRED }, (self: Py[], place: Py, item: Py) => {
    self.splice(toInteger(place), 0, item);
    boundedCount(self.length);
    return null;
  }),
  method("pop", { "/index": -1 }, (self: Py[], place: Py) => {
    if (self.length === 0) return fail("pop from empty list");
    const at = toInteger(place) < 0 ? toInteger(place) + self.length : toInteger(place);
    if (at < 0 || at >= self.length) return fail("pop index out of range");
    return self.splice(at, 1)[0] ?? null;
  }),
  method("remove", { "/value": REQUIRED }, (self: Py[], wanted: Py) => {
    const at = self.findIndex((item) => same(item, wanted));
    if (at < 0) return fail("list.remove(x): x not in list");
    self.splice(at, 1);
    return null;
  }),
  method("reverse", {}, (self: Py[]) => {
    self.reverse();
    return null;
  }),
  method("sort", { reverse: false }, (self: Py[], reverse: Py) => {
    self.splice(0, self.length, ...sorted(self, (item) => item, truth(reverse)));
    return null;
  }),
  method("copy", {}, (self: Py[]) => [...self]),
  method("clear", {}, (self: Py[]) => {
    self.length = 0;
    return null;
  }),
]);

export const RANGE: Methods<Range> = new Map([
  property("start", (self: Range) => self.start),
  property("stop", (self: Range) => self.stop),
  property("step", (self: Range) => self.step),
  method("count", { "/value": REQUIRED }, (self: Range, wanted: Py) => occurrences(toList(self), wanted)),
  method("index", { "/value": REQUIRED }, (self: Range, wanted: Py) =>
    indexOf(toList(self), wanted, null, null, "range"),
  ),
]);

/** The default of `pop` if the template gives none. No template can pass this list object. */
const NO_DEFAULT: Py[] = [];

/** The pairs of a dict or of an iterable of pairs, with which `dict` and `update` fill a dict. */
export const dictPairsOf = (value: Py): readonly (readonly [Py, Py])[] => {
  if (value instanceof Dict) return value.pairs();
  return Array.from(iterate(value), (pair, place) => {
    const parts = isSequence(pair) ? itemsOf(pair) : toList(pair);
    const [key, item] = parts;
    if (key === undefined || item === undefined || parts.length !== 2)
      return fail(`dictionary update sequence element #${place} has length ${parts.length}; 2 is required`);
    return [key, item] as const;
  });
};

export const DICT: Methods<Dict> = new Map([
  method("items", {}, (self: Dict) => new DictView("items", self)),
  method("keys", {}, (self: Dict) => new DictView("keys", self)),
  method("values", {}, (self: Dict) => new DictView("values", self)),
  method("get", { "/key": REQUIRED, "/default": null }, (self: Dict, key: Py, other: Py) =>
    self.has(key) ? (self.get(key) ?? null) : other,
  ),
  method("setdefault", { "/key": REQUIRED, "/default": null }, (self: Dict, key: Py, other: Py) => {
    if (!self.has(key)) self.set(key, other);
    return self.get(key) ?? null;
  }),
  method("pop", { "/key": REQUIRED, "/default": NO_DEFAULT }, (self: Dict, key: Py, other: Py) => {
    if (!self.has(key)) return other === NO_DEFAULT ? fail(repr(key)) : other;
    const value = self.get(key) ?? null;
    self.delete(key);
    return value;
  }),
  method("popitem", {}, (self: Dict) => {
    const last = self.pairs().at(-1);
    if (last === undefined) return fail("'popitem(): dictionary is empty'");
    self.delete(last[0]);
    return new Tuple(last);
  }),
  [
    "update",
    {
      call: (self: Dict, { positional: [other], named }): Py => {
        for (const [key, value] of other === undefined ? [] : dictPairsOf(other)) self.set(key, value);
        for (const [key, value] of named) self.set(key, value);
        return null;
      },
    },
  ],
  method("copy", {}, (self: Dict) => new Dict(self.pairs())),
  method("clear", {}, (self: Dict) => {
    for (const key of self.keys()) self.delete(key);
    return null;
  }),
]);
