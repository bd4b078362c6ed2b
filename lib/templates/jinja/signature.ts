/** Parameters of filters, tests and methods, and the arguments of a call bound to them as Python binds them. */
import { fail } from "./problem.js";
import type { Arguments, Py } from "./values.js";

/** Stands where a parameter has no default. */
export const MUST = Symbol("must be given");

/** Parameters in order with their defaults. A name that begins with `/` cannot be used as a keyword. */
export type Signature = Readonly<Record<string, Py | typeof MUST>>;

export const bind = (name: string, signature: Signature, { positional, named }: Arguments): Py[] => {
  const parameters = Object.entries(signature);
  if (positional.length > parameters.length)
    return fail(`${name}() takes at most ${count(parameters.length)} (${positional.length} given)`);
  for (const keyword of named.keys()) {
    const place = parameters.findIndex(([parameter]) => parameter === keyword);
    if (place < 0) return fail(`${name}() got an unexpected keyword argument '${keyword}'`);
    if (place < positional.length) return fail(`${name}() got multiple values for argument '${keyword}'`);
  }
  return parameters.map(([parameter, fallback], index) => {
    const given = index < positional.length ? positional[index] : named.get(parameter);
    if (given !== undefined) return given;
    if (typeof fallback === "symbol")
      return fail(`${name}() missing the required argument '${parameter.replace("/", "")}'`);
    return fallback;
  });
};

const count = (number: number): string => `${number} argument${number === 1 ? "" : "s"}`;
