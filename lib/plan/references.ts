/** `run.<variable>` in the arguments of a task: it stands for that variable's value. */
import { has, isVariables, type Value, type Variables } from "./values.js";

/** The variable that an argument stands for: `run.archive.root` is `["archive", "root"]`. */
export const referenceIn = (argument: unknown): readonly string[] | undefined =>
  typeof argument === "string" && argument.startsWith("run.") ? argument.slice("run.".length).split(".") : undefined;

/** The value at the end of a path of names, or undefined where a name is not there. */
export const lookUp = (variables: Variables, path: readonly string[]): Value | undefined => {
  let value: Value | undefined = variables;
  for (const name of path) {
    if (!isVariables(value) || !has(value, name)) return undefined;
    value = value[name];
  }
  return value;
};

/** All texts of an argument that stand for a variable: it may itself be one, or a list that holds some. */
export const referencesIn = (
  argument: unknown,
): readonly { readonly text: string; readonly path: readonly string[] }[] =>
  (Array.isArray(argument) ? argument : [argument]).flatMap((text: unknown) => {
    const path = referenceIn(text);
    return path === undefined ? [] : [{ text: String(text), path }];
  });

/** The arguments with every reference replaced. One to what is not there stays: reading the configuration refuses it. */
export const resolved = <T extends object>(args: T, variables: Variables): T => {
  const valueOf = (argument: unknown): unknown => {
    const path = referenceIn(argument);
    return path === undefined ? argument : (lookUp(variables, path) ?? argument);
  };
  return Object.fromEntries(
    // A list that stands in a list is part of it.
    Object.entries(args).map(([name, one]) => [name, Array.isArray(one) ? one.flatMap(valueOf) : valueOf(one)]),
  ) as T;
};
