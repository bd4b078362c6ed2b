/** Filters on any value: default, attr, tojson, pprint. */
import { toJson } from "../format/json.js";
import { prettyPrint } from "../format/pretty.js";
import { attributeOf } from "../methods/access.js";
import { fail } from "../problem.js";
import { Markup, plainText } from "../values/markup.js";
import { REQUIRED } from "../values/signature.js";
import { type Py, truth, typeName, Undefined } from "../values/values.js";
import { type Filters, filter } from "./filter.js";

const withDefault = (value: Py, other: Py, boolean: Py): Py =>
  value instanceof Undefined || (truth(boolean) && !truth(value)) ? other : value;

const attribute = (value: Py, name: Py): Py => {
  const text = plainText(name) ?? fail("attribute name must be string");
  if (value instanceof Undefined) return value.refuse();
  const found = attributeOf(value, text);
  return found !== undefined ? found : new Undefined(`'${typeName(value)} object' has no attribute '${text}'`);
};

const UNSAFE: Readonly<Record<string, string>> = { "<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "'": "\\u0027" };

const json = (value: Py, indent: Py): Py =>
  new Markup(toJson(value, indent).replace(/[<>&']/g, (sign) => UNSAFE[sign] ?? sign));

const options = { default_value: "", boolean: false };

export const VALUE_FILTERS: Filters = [
  filter("default", options, withDefault),
  filter("d", options, withDefault),
  filter("attr", { name: REQUIRED }, attribute),
  filter("tojson", { indent: null }, json),
  filter("pprint", {}, prettyPrint),
];
