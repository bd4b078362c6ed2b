/** References in task arguments: `run.<variable>` stands for the value of that variable. */
import { has, isVariables, type Value, type Variables } from "./values.js";

/** The path of the variable that an argument refers to: `["archive", "root"]` for `run.archive.root`. */
export const referencePath = (argument: unknown): readonly string[] | undefined =>
  typeof argument === "string" && argument.startsWith("run.") ? argument.slice("run.".length).split(".") : undefined;

/** The value at the end of a path of names; undefined if a name is missing. */
export const lookUp = (variables: Variables, path: readonly string[]): Value | undefined => {
  let value: Value | undefined = variables;
  for (const name of path) {
    if (!isVariables(value) || !has(value, name)) return undefined;
    value = value[name];
  }
  return value;
};

/** All references in an argument, which may be a reference itself or a list that holds some. */
export const referencesIn = (
  argument: unknown,
): readonly { readonly text: string; readonly path: readonly string[] }[] =>
  (Array.isArray(argument) ? argument : [argument]).flatMap((text: unknown) => {
    const path = referencePath(text);
    return path === undefined ? [] : [{ text: String(text), path }];
  });

/** The arguments with every reference replaced. A reference without a value stays as it is, for the caller to refuse. */
export const resolved = <T extends object>(args: T, variables: Variables): T => {
  const valueOf = (argument: unknown): unknown => {
    const path = referencePath(argument);
    return path === undefined ? argument : (lookUp(variables, path) ?? argument);
  };
  return Object.fromEntries(
    // A reference to a list, inside a list, adds that list's items.
    Object.entries(args).map(([name, one]) => [name, Array.isArray(one) ? one.flatMap(valueOf) : valueOf(one)]),
  ) as T;
};
