/** `value.name`, `value[key]` and `value[start:stop:step]`, looked up in Jinja2's order. */
import { Float } from "../../plan/values.js";
import { strFormat } from "../format/str-format.js";
import { fail, Problem } from "../problem.js";
import { Dict, isSequence, itemsOf, Range, Tuple } from "../values/containers.js";
import { Markup } from "../values/markup.js";
import { characters, repr } from "../values/text.js";
import { Callable, isIntLike, type Py, PyObject, typeName, Undefined } from "../values/values.js";
import { methodOf } from "./index.js";

/** Python's getattr(); undefined when there is no such attribute. */
export const attributeOf = (value: Py, name: string): Py | undefined => {
  if (name.startsWith("__")) return fail(`templates cannot read the attribute '${name}'`);
  const attribute = value instanceof PyObject ? value.attribute(name) : undefined;
  if (attribute !== undefined) return attribute;
  return typeof value === "string" && name === "format" ? formatOf(value) : methodOf(value, name);
};

/** `"…".format`: not among the other methods of strings, since its fields read attributes and items. */
const formatOf = (format: string): Callable =>
  new Callable("format", (args) => strFormat(format, args, { attributeOf, indexed }));

/** `value.name`: an attribute or else an item. `path`, the path below `run`, is for error messages. */
export const getAttribute = (value: Py, name: string, path?: readonly string[]): Py => {
  if (value instanceof Undefined) return value.refuse();
  const attribute = attributeOf(value, name);
  if (attribute !== undefined) return attribute;
  const item = indexed(value, name);
  return item !== undefined ? item : missing(value, name, path);
};

/** `value[key]`: an item or else an attribute. */
export const getItem = (value: Py, key: Py, path?: readonly string[]): Py => {
  if (value instanceof Undefined) return value.refuse();
  const item = indexed(value, key);
  if (item !== undefined) return item;
  const name = key instanceof Markup ? key.text : key;
  const attribute = typeof name === "string" ? attributeOf(value, name) : undefined;
  return attribute !== undefined ? attribute : missing(value, key, path);
};

const missing = (value: Py, key: Py, path?: readonly string[]): Undefined => {
  if (path !== undefined) return new Undefined(`'run.${path.join(".")}' is undefined`, path);
  if (typeof key === "string") return new Undefined(`'${typeName(value)} object' has no attribute '${key}'`);
  return new Undefined(`${typeName(value)} object has no element ${repr(key)}`);
};

/** Python's `value[key]`; undefined when there is no such item, or the value has no items. */
export const indexed = (value: Py, key: Py): Py | undefined => {
  if (typeof value === "string") return isIntLike(key) ? at(characters(value), Number(key)) : undefined;
  if (value instanceof Markup) {
    const letter = indexed(value.text, key);
    return typeof letter === "string" ? new Markup(letter) : undefined;
  }
  if (isSequence(value)) return isIntLike(key) ? at(itemsOf(value), Number(key)) : undefined;
  if (value instanceof Range) {
    const index = isIntLike(key) ? Number(key) : Number.NaN;
    const place = index < 0 ? index + value.length : index;
    return place >= 0 && place < value.length ? value.at(place) : undefined;
  }
  if (value instanceof Dict) return lookedUp(value, key);
  return value instanceof PyObject ? value.item(key) : undefined;
};

const at = <T>(items: ArrayLike<T>, index: number): T | undefined => items[index < 0 ? index + items.length : index];

/** An unhashable key is a TypeError in Python, which Jinja2 treats as "no such item". */
const lookedUp = (dict: Dict, key: Py): Py | undefined => {
  try {
    return dict.get(key);
  } catch (error) {
    if (error instanceof Problem && error.message.startsWith("unhashable")) return undefined;
    throw error;
  }
};

export const slice = (value: Py, start: Py, stop: Py, step: Py): Py => {
  if (value instanceof Undefined) return value.refuse();
  const by = step === null ? 1 : bound(step);
  if (by === 0) return fail("slice step cannot be zero");
  if (typeof value === "string" || value instanceof Markup) {
    const text = typeof value === "string" ? value : value.text;
    const all = characters(text);
    const [from, to] = limits(all.length, start, stop, by);
    const cut =
      by === 1 && typeof all === "string" ? all.slice(from, Math.max(from, to)) : picked(all, from, to, by).join("");
    return value instanceof Markup ? new Markup(cut) : cut;
  }
  if (isSequence(value)) {
    const items = itemsOf(value);
    const [from, to] = limits(items.length, start, stop, by);
    const cut = picked(items, from, to, by);
    return value instanceof Tuple ? new Tuple(cut) : cut;
  }
  if (value instanceof Range) {
    const [from, to] = limits(value.length, start, stop, by);
    return new Range(value.at(from), value.at(to), value.step * by);
  }
  if (value instanceof Dict) return fail("unhashable type: 'slice'");
  const numeric = isIntLike(value) || value instanceof Float || value === null;
  return fail(`'${typeName(value)}' object is not ${numeric ? "subscriptable" : "sliceable"}`);
};

const bound = (value: Py): number =>
  isIntLike(value) ? Number(value) : fail("slice indices must be integers or None or have an __index__ method");

const limits = (length: number, start: Py, stop: Py, step: number): [number, number] => {
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? length : length - 1;
  const clamp = (value: Py, fallback: number): number => {
    if (value === null) return fallback;
    const index = bound(value);
    return Math.min(high, Math.max(low, index < 0 ? index + length : index));
  };
  return [clamp(start, step > 0 ? low : high), clamp(stop, step > 0 ? high : low)];
};

const picked = <T>(items: ArrayLike<T>, from: number, to: number, step: number): T[] => {
  const result: T[] = [];
  for (let index = from; step > 0 ? index < to : index > to; index += step) result.push(items[index] as T);
  return result;
};
