/** Parameters of filters, tests and methods, bound to the arguments of a call by Python's rules. */
import { fail } from "../problem.js";
import type { EvaluatedArguments, Py } from "./values.js";

/** Marks a parameter without a default. */
export const REQUIRED = Symbol("must be given");

/** Parameters in order with their defaults. A name with a leading `/` cannot be used as a keyword. */
export type Signature = Readonly<Record<string, Py | typeof REQUIRED>>;

/** Makes the function that binds arguments to the parameters; `name` is for its error messages. */
export const binder = (name: string, signature: Signature): ((args: EvaluatedArguments) => Py[]) => {
  const parameters = Object.entries(signature).map(([parameter, fallback]) => ({
    parameter,
    fallback: typeof fallback === "symbol" ? undefined : fallback,
  }));
  return ({ positional, named }) => {
    if (positional.length > parameters.length)
      return fail(`${name}() takes at most ${count(parameters.length)} (${positional.length} given)`);
    if (named.size > 0) checkNames(name, parameters, positional.length, named);
    return parameters.map(({ parameter, fallback }, index) => {
      const argument =
        index < positional.length ? positional[index] : named.size > 0 ? named.get(parameter) : undefined;
      if (argument !== undefined) return argument;
      if (fallback !== undefined) return fallback;
      return fail(`${name}() missing the required argument '${parameter.replace("/", "")}'`);
    });
  };
};

type Parameters = readonly { readonly parameter: string }[];

const checkNames = (name: string, parameters: Parameters, taken: number, named: ReadonlyMap<string, Py>): void => {
  for (const keyword of named.keys()) {
    const place = parameters.findIndex(({ parameter }) => parameter === keyword);
    if (place < 0) fail(`${name}() got an unexpected keyword argument '${keyword}'`);
    if (place < taken) fail(`${name}() got multiple values for argument '${keyword}'`);
  }
};

const count = (number: number): string => `${number} argument${number === 1 ? "" : "s"}`;
