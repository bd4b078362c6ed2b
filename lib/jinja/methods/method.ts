/** Building blocks for the tables of methods. */
import { binder, type Signature } from "../values/signature.js";
import type { EvaluatedArguments, Py } from "../values/values.js";

/** The methods and attributes of one type by name. */
export type Methods<T> = ReadonlyMap<string, Method<T>>;
export type Method<T> =
  | { readonly value: (self: T) => Py | undefined }
  | { readonly call: (self: T, args: EvaluatedArguments) => Py };

/** A method with parameters: `run` gets their values in order, with the defaults. */
export const method = <T>(
  name: string,
  signature: Signature,
  run: (self: T, ...values: Py[]) => Py,
): [string, Method<T>] => {
  const bound = binder(name, signature);
  return [name, { call: (self, args) => run(self, ...bound(args)) }];
};

/** An attribute that is not called. */
export const property = <T>(name: string, value: (self: T) => Py | undefined): [string, Method<T>] => [name, { value }];
