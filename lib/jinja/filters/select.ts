/** map, select, reject and their like: filters that apply another filter or test to every item. */

import { fail } from "../problem.js";
import { Iterator } from "../values/containers.js";
import { iterate } from "../values/iterate.js";
import { plainText } from "../values/markup.js";
import { str } from "../values/text.js";
import { type EvaluatedArguments, type Py, truth, Undefined } from "../values/values.js";
import { attributeGetter, type Filter, type Filters } from "./filter.js";
import { FILTERS } from "./index.js";
import { TESTS } from "./tests.js";

const named = <T>(table: ReadonlyMap<string, T>, kind: string, name: Py): T => {
  if (name instanceof Undefined) return name.refuse();
  const found = table.get(plainText(name) ?? "");
  return found ?? fail(`No ${kind} named '${str(name)}'.`);
};

const mapping = ({ positional, named: keywords }: EvaluatedArguments): ((item: Py) => Py) => {
  const attribute = keywords.get("attribute");
  if (positional.length === 0 && attribute !== undefined) {
    for (const name of keywords.keys())
      if (name !== "attribute" && name !== "default") fail(`Unexpected keyword argument '${name}'`);
    const fallback = keywords.get("default");
    return attributeGetter(attribute, fallback === undefined ? null : fallback);
  }
  const [name, ...rest] = positional;
  if (name === undefined) return fail("map requires a filter argument");
  const filter = named(FILTERS, "filter", name);
  return (item) => filter(item, { positional: rest, named: keywords });
};

const map: Filter = (value, args) => new Iterator(mapped(value, args));

function* mapped(value: Py, args: EvaluatedArguments): IterableIterator<Py> {
  if (value instanceof Undefined) value.lenient();
  if (!truth(value)) return;
  const change = mapping(args);
  for (const item of iterate(value)) yield change(item);
}

const choosing =
  (wanted: boolean, byAttribute: boolean): Filter =>
  (value, args) =>
    new Iterator(chosen(value, args, wanted, byAttribute));

function* chosen(value: Py, args: EvaluatedArguments, wanted: boolean, byAttribute: boolean): IterableIterator<Py> {
  if (value instanceof Undefined) value.lenient();
  if (!truth(value)) return;
  const holds = condition(args, byAttribute);
  for (const item of iterate(value)) if (holds(item) === wanted) yield item;
}

const condition = (
  { positional, named: keywords }: EvaluatedArguments,
  byAttribute: boolean,
): ((item: Py) => boolean) => {
  const [attribute] = byAttribute ? positional : [null];
  if (attribute === undefined) return fail("Missing parameter for attribute name");
  const get = attributeGetter(attribute);
  const [name, ...rest] = positional.slice(byAttribute ? 1 : 0);
  if (name === undefined) return (item) => truth(get(item));
  const test = named(TESTS, "test", name);
  return (item) => test(get(item), { positional: rest, named: keywords });
};

export const SELECT_FILTERS: Filters = [
  ["map", map],
  ["select", choosing(true, false)],
  ["reject", choosing(false, false)],
  ["selectattr", choosing(true, true)],
  ["rejectattr", choosing(false, true)],
];
