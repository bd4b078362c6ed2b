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

/** The arguments with every reference replaced. One to what is not there stays: reading the configuration refuses it. */
export const resolved = <T extends object>(args: T, variables: Variables): T =>
  Object.fromEntries(
    Object.entries(args).map(([name, argument]) => {
      const path = referenceIn(argument);
      return [name, path === undefined ? argument : (lookUp(variables, path) ?? argument)];
    }),
  ) as T;
