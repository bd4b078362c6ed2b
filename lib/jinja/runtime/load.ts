/** Loads the templates that a template names. */
import { fail } from "../problem.js";
import { tryIterate } from "../values/iterate.js";
import { plainText } from "../values/markup.js";
import { type Py, truth, typeName, Undefined } from "../values/values.js";
import type { LoadedTemplate, Scope } from "./scope.js";

/** The template of a name. Fails if there is none. */
export const loaded = (scope: Scope, name: Py): LoadedTemplate => {
  const { rendering } = scope.frame.context;
  const text = nameOf(name);
  return rendering.load(text) ?? fail(rendering.absent([text]));
};

/** The template of a name, or the first that exists of several names; undefined if none exists and `optional` is true. */
export const firstLoaded = (scope: Scope, value: Py, optional: boolean): LoadedTemplate | undefined => {
  const { rendering } = scope.frame.context;
  const names = namesOf(value);
  for (const name of names) {
    const template = rendering.load(name);
    if (template !== undefined) return template;
  }
  return optional ? undefined : fail(rendering.absent(names));
};

/** Jinja2 takes every false value but the empty text for an empty list, and leaves undefined names out of a list. */
const namesOf = (value: Py): readonly string[] => {
  if (plainText(value) !== undefined || value instanceof Undefined) return [nameOf(value)];
  if (!truth(value)) return [];
  return Array.from(tryIterate(value) ?? notText(value))
    .filter((name) => !(name instanceof Undefined))
    .map(nameOf);
};

const nameOf = (value: Py): string => {
  if (value instanceof Undefined) return value.refuse();
  return plainText(value) ?? notText(value);
};

const notText = (value: Py): never =>
  fail(`the name of a template is a text, and not of the type '${typeName(value)}'`);
