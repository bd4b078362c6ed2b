/** map, select, reject and similar: filters that apply another filter or test to every item. */
import { fail } from "../problem.js";
import { Iterator } from "../values/containers.js";
import { iterate } from "../values/iterate.js";
import { plainText } from "../values/markup.js";
import { str } from "../values/text.js";
import { type EvaluatedArguments, type Py, truth, Undefined } from "../values/values.js";
import { attributeGetter, type Filter, type Filters, type Lookup } from "./filter.js";

const named = <T>(find: (name: string) => T | undefined, kind: string, name: Py): T => {
  if (name instanceof Undefined) return name.refuse();
  return find(plainText(name) ?? "") ?? fail(`No ${kind} named '${str(name)}'.`);
};

const mapping = (lookup: Lookup, { positional, named: keywords }: EvaluatedArguments): ((item: Py) => Py) => {
  const attribute = keywords.get("attribute");
  if (positional.length === 0 && attribute !== undefined) {
    for (const name of keywords.keys())
      if (name !== "attribute" && name !== "default") fail(`Unexpected keyword argument '${name}'`);
    const fallback = keywords.get("default");
    return attributeGetter(attribute, fallback === undefined ? null : fallback);
  }
  const [name, ...rest] = positional;
  if (name === undefined) return fail("map requires a filter argument");
  const filter = named(lookup.filter, "filter", name);
  return (item) => filter(item, { positional: rest, named: keywords });
};

const map =
  (lookup: Lookup): Filter =>
  (value, args) =>
    new Iterator(mapped(value, () => mapping(lookup, args)));

function* mapped(value: Py, changeOf: () => (item: Py) => Py): IterableIterator<Py> {
  if (value instanceof Undefined) value.lenient();
  if (!truth(value)) return;
  const change = changeOf();
  for (const item of iterate(value)) yield change(item);
}

const choosing =
  (lookup: Lookup, wanted: boolean, byAttribute: boolean): Filter =>
  (value, args) =>
    new Iterator(chosen(value, wanted, () => condition(lookup, args, byAttribute)));

function* chosen(value: Py, wanted: boolean, conditionOf: () => (item: Py) => boolean): IterableIterator<Py> {
  if (value instanceof Undefined) value.lenient();
  if (!truth(value)) return;
  const holds = conditionOf();
  for (const item of iterate(value)) if (holds(item) === wanted) yield item;
}

const condition = (
  lookup: Lookup,
  { positional, named: keywords }: EvaluatedArguments,
  byAttribute: boolean,
): ((item: Py) => boolean) => {
  const [attribute] = byAttribute ? positional : [null];
  if (attribute === undefined) return fail("Missing parameter for attribute name");
  const get = attributeGetter(attribute);
  const [name, ...rest] = positional.slice(byAttribute ? 1 : 0);
  if (name === undefined) return (item) => truth(get(item));
  const test = named(lookup.test, "test", name);
  return (item) => test(get(item), { positional: rest, named: keywords });
};

export const selectFilters = (lookup: Lookup): Filters => [
  ["map", map(lookup)],
  ["select", choosing(lookup, true, false)],
  ["reject", choosing(lookup, false, false)],
  ["selectattr", choosing(lookup, true, true)],
  ["rejectattr", choosing(lookup, false, true)],
];
