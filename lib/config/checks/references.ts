/** Finds each `run.<variable>` in task arguments that is undefined, or has the wrong type, for one of the runs. */
import { didYouMean } from "../../diagnostics/suggest.js";
import { RESERVED_NAMES, type Task } from "../../plan/plan.js";
import { lookUp, referencesIn } from "../../plan/references.js";
import { has, isIndex, isNumeric, isVariables, Timestamp, type Value, type Variables } from "../../plan/values.js";
import type { Findings } from "../findings.js";
import type { Locations, Path } from "../yaml/locate.js";

/** The variables that a task can refer to, for one owner of tasks: a run, a batch or the ensemble. */
export interface ReferenceScope {
  /** The name of the owner, for messages. */
  readonly owner: string;
  /** Each layer overrides those after it. */
  readonly layers: readonly Variables[];
}

/** `scopes` is called only if a task has a reference: most lists need no walk through 10,000 runs. */
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
  for (const { owner, layers } of scopes())
    for (const { argument, path, problems } of references) {
      const problem = problemWith(argument, path, layers);
      if (problem === undefined) continue;
      const known = problems.get(problem.code);
      if (known === undefined) problems.set(problem.code, { ...problem, owner, more: 0 });
      else known.more++;
    }
  for (const { index, argument, text, problems } of references)
    for (const { code, message, owner, more } of problems.values()) {
      const owners = more === 0 ? owner : `${owner} and ${more} more`;
      const problem = code === "undefined-variable" ? "not defined" : `not valid as \`${argument}\``;
      found.error(
        code,
        `\`${text}\` is ${problem} for ${owners}${message}`,
        locations.value([...at, index, "args", argument]),
      );
    }
};

/** Reports variables that the program's own override, and names that no template could refer to. */
export const checkVariables = (variables: Variables, at: Path, locations: Locations, found: Findings): void => {
  // JavaScript moves such names to the front of an object. The Python tool fails on them.
  const [first] = Object.keys(variables);
  if (first !== undefined && isIndex(first)) {
    const message = `\`${first}\` cannot be the name of a variable: a template cannot refer to \`run.${first}\``;
    found.error("key-not-text", message, locations.key([...at, first]));
  }
  for (const name of RESERVED_NAMES)
    if (Object.hasOwn(variables, name)) {
      const message = `the program sets \`run.${name}\` itself and ignores this value; give the variable another name`;
      found.warning("reserved-name", message, locations.key([...at, name]));
    }
};

interface UnknownReference {
  readonly code: "undefined-variable" | "wrong-type";
  /** The end of the sentence that reports it. */
  readonly message: string;
  /** The first owner that has the problem. */
  readonly owner: string;
  /** The number of other owners that have it. */
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

/** Names the kind of value that an argument must have. Undefined if the given value is valid. */
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
      return isNonEmptyString(value) || (Array.isArray(value) && value.every(isNonEmptyString))
        ? undefined
        : "a string or a list of strings";
    case "match":
      return value === "" || isNonEmptyString(value) ? undefined : "a string";
    default:
      return isNonEmptyString(value) ? undefined : "a string that is not empty";
  }
};

/** A date counts as a string: the text that the user wrote. */
const isNonEmptyString = (value: unknown): boolean =>
  (typeof value === "string" && value !== "") || value instanceof Timestamp;

/** Whether a value is a whole number. The command line gives numbers as strings of digits. */
const isCount = (value: Value, least: number): boolean =>
  (isNumeric(value) || (typeof value === "string" && /^[0-9]+$/.test(value))) &&
  Number.isSafeInteger(Number(value)) &&
  Number(value) >= least;

const kindOf = (value: Value): string => {
  if (value === null || value === "") return value === null ? "null" : "empty";
  if (typeof value === "string") return JSON.stringify(value);
  if (isVariables(value)) return "a mapping";
  return typeof value === "object" && "length" in value ? "a list" : String(value);
};
