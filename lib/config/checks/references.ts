/** Finds every `run.<variable>` in task arguments that has no value, or none that fits, for some run that meets it. */

import { didYouMean } from "../../diagnostics/suggest.js";
import { MADE_NAMES, type Task } from "../../plan/plan.js";
import { lookUp, referencesIn } from "../../plan/references.js";
import { has, isIndex, isNumeric, isVariables, Timestamp, type Value, type Variables } from "../../plan/values.js";
import type { Findings } from "../findings.js";
import type { Locations, Path } from "../yaml/locate.js";

/** Somebody who does tasks, and what `run.` stands for then. */
export interface ReferenceScope {
  /** In words. */
  readonly who: string;
  /** The strongest first. */
  readonly layers: readonly Variables[];
}

/** `scopes` is asked only where there is a reference: most lists need no look at each of 10,000 runs. */
export const checkReferences = (
  tasks: readonly Task[],
  at: Path,
  scopes: () => Iterable<ReferenceScope>,
  locations: Locations,
  found: Findings,
): void => {
  const references = tasks.flatMap(({ args }, index) =>
    Object.entries(args).flatMap(([argument, value]) =>
      referencesIn(value).map((one) => ({ index, argument, ...one, problems: new Map<string, UnknownReference>() })),
    ),
  );
  if (references.length === 0) return;
  for (const { who, layers } of scopes())
    for (const { argument, path, problems } of references) {
      const problem = problemWith(argument, path, layers);
      if (problem === undefined) continue;
      const known = problems.get(problem.code);
      if (known === undefined) problems.set(problem.code, { ...problem, who, more: 0 });
      else known.more++;
    }
  for (const { index, argument, text, problems } of references)
    for (const { code, message, who, more } of problems.values()) {
      const whose = more === 0 ? who : `${who} and ${more} more`;
      const says =
        code === "undefined-variable" ? `is not defined for ${whose}` : `as \`${argument}\` does not fit ${whose}`;
      found.error(code, `\`${text}\` ${says}${message}`, locations.value([...at, index, "args", argument]));
    }
};

/** Tells of variables that those of the program hide, and of those that nobody could ask for. */
export const checkVariables = (variables: Variables, at: Path, locations: Locations, found: Findings): void => {
  // Such names come first in an object. The Python tool fails at them.
  const [first] = Object.keys(variables);
  if (first !== undefined && isIndex(first)) {
    const message = `\`${first}\` cannot name a variable: no template could ask for \`run.${first}\``;
    found.error("key-not-text", message, locations.key([...at, first]));
  }
  for (const name of MADE_NAMES)
    if (Object.hasOwn(variables, name)) {
      const message = `\`run.${name}\` is made by the program, so this value is not used; give the variable another name`;
      found.warning("made-name", message, locations.key([...at, name]));
    }
};

interface UnknownReference {
  readonly code: "undefined-variable" | "wrong-type";
  /** The end of a sentence. */
  readonly message: string;
  readonly who: string;
  more: number;
}

const problemWith = (
  argument: string,
  path: readonly string[],
  layers: readonly Variables[],
): Pick<UnknownReference, "code" | "message"> | undefined => {
  const name = path[0] ?? "";
  const layer = layers.find((candidate) => has(candidate, name));
  const value = layer && lookUp(layer, path);
  if (value === undefined) {
    return {
      code: "undefined-variable",
      message: layer === undefined ? didYouMean(name, layers.flatMap(Object.keys)) : "",
    };
  }
  const expected = expectedKind(argument, value);
  return expected === undefined
    ? undefined
    : { code: "wrong-type", message: `: it is ${kindOf(value)}, and must be ${expected}` };
};

/** What the value should be, where it does not fit. */
const expectedKind = (argument: string, value: Value): string | undefined => {
  switch (argument) {
    case "log":
    case "fail":
      return typeof value === "boolean" || isNumeric(value) ? undefined : "true or false";
    case "limit":
      return isCount(value, 1) ? undefined : "a whole number of at least 1";
    case "atleast":
      return isCount(value, 0) ? undefined : "a whole number of at least 0";
    case "include":
    case "exclude":
      return isText(value) || (Array.isArray(value) && value.every(isText)) ? undefined : "a text or a list of texts";
    case "match":
      return value === "" || isText(value) ? undefined : "a text";
    default:
      return isText(value) ? undefined : "a text that is not empty";
  }
};

/** A date is one as well: it is taken as it was written. */
const isText = (value: unknown): boolean => (typeof value === "string" && value !== "") || value instanceof Timestamp;

/** A whole number, or its digits as text: so it comes from the command line. */
const isCount = (value: Value, least: number): boolean =>
  (isNumeric(value) || (typeof value === "string" && /^[0-9]+$/.test(value))) &&
  Number.isSafeInteger(Number(value)) &&
  Number(value) >= least;

const kindOf = (value: Value): string => {
  if (value === null || value === "") return value === null ? "nothing" : "empty";
  if (typeof value === "string") return JSON.stringify(value);
  if (isVariables(value)) return "a mapping";
  return typeof value === "object" && "length" in value ? "a list" : String(value);
};
