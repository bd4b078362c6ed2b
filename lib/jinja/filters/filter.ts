/** Building blocks for the tables of filters and tests. */
import { boundedText } from "../limits.js";
import { getItem } from "../methods/access.js";
import { lowercase } from "../unicode/case.js";
import { Iterator } from "../values/containers.js";
import { plainText } from "../values/markup.js";
import { binder, type Signature } from "../values/signature.js";
import { type EvaluatedArguments, type Py, Undefined } from "../values/values.js";

export type Filter = (value: Py, args: EvaluatedArguments) => Py;
export type Filters = readonly (readonly [string, Filter])[];
export type Test = (value: Py, args: EvaluatedArguments) => boolean;
export type Tests = readonly (readonly [string, Test])[];

/** Filters and tests by name. */
export interface Lookup {
  readonly filter: (name: string) => Filter | undefined;
  readonly test: (name: string) => Test | undefined;
}

/** A filter with parameters: `run` gets their values in order, with the defaults. */
export const filter = (
  name: string,
  signature: Signature,
  run: (value: Py, ...values: Py[]) => Py,
): readonly [string, Filter] => {
  const bound = binder(name, signature);
  return [name, (value, args) => bounded(run(value, ...bound(args)))];
};

const bounded = (value: Py): Py => (typeof value === "string" ? boundedText(value) : value);

/** A filter whose result can be iterated once. */
export const generator = (
  name: string,
  signature: Signature,
  run: (value: Py, ...values: Py[]) => IterableIterator<Py>,
): readonly [string, Filter] => filter(name, signature, (value, ...values) => new Iterator(run(value, ...values)));

export const lowercased = (value: Py): Py => {
  const text = plainText(value);
  return text === undefined ? value : lowercase(text);
};

/** The reader for a filter's `attribute=`: "a.b.0" reads `a`, then `b`, then item 0; None reads the value itself. */
export const attributeGetter = (attribute: Py, fallback: Py = null): ((item: Py) => Py) => {
  const parts = partsOf(attribute);
  return (item) => {
    let value = item;
    for (const part of parts) {
      value = getItem(value, part);
      if (fallback !== null && value instanceof Undefined) value = fallback;
    }
    return value;
  };
};

/** `attributeGetter` for `attribute="a,b"`, which reads several attributes. */
export const attributeListGetter = (attribute: Py): ((item: Py) => Py[]) => {
  const getters = (typeof attribute === "string" ? attribute.split(",") : [attribute]).map((one) =>
    attributeGetter(one),
  );
  return (item) => getters.map((get) => get(item));
};

const partsOf = (attribute: Py): Py[] => {
  if (attribute === null) return [];
  const text = plainText(attribute);
  if (text !== undefined) return text.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  return [attribute];
};
