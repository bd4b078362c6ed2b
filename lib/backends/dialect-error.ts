/** The blame for an error that a user's own dialect throws: the program's report must not call it a bug of the program. */
import type { Dialect } from "../scheduler/dialect.js";
import { wordsOf } from "./foreign.js";

/** An error in a function of a dialect. The program knows it by its name. */
export class DialectError extends Error {
  constructor(dialect: string, member: string, error: unknown) {
    super(`the dialect ${dialect} throws in ${member}: ${wordsOf(error)}`);
    this.name = "DialectError";
    if (error instanceof Error) this.stack = `${this.message}\n${error.stack ?? error.message}`;
  }
}

/** The dialect, with what its functions throw as a `DialectError`. */
export const blamed = (dialect: Dialect): Dialect => {
  const wrapped = Object.entries(dialect).map(([member, value]: readonly [string, unknown]) => {
    if (typeof value !== "function") return [member, value] as const;
    const call = (...values: readonly unknown[]): unknown => {
      try {
        return Reflect.apply(value, dialect, values);
      } catch (error) {
        throw new DialectError(dialect.name, member, error);
      }
    };
    return [member, call] as const;
  });
  return Object.fromEntries(wrapped) as unknown as Dialect;
};
