/** Python's values in this engine, and the operations that every value has. */
import { Float } from "../../plan/values.js";
import { session } from "../limits.js";
import { fail, Problem } from "../problem.js";

/** A number is an int, a bigint is an int beyond 2^53, an array is a list. All other types are `PyObject`s. */
export type Py = null | boolean | number | bigint | string | Float | Py[] | PyObject;
export type Int = number | bigint;
export type Numeric = boolean | Int | Float;

/** A value other than a number, a string, a list or None. */
export abstract class PyObject {
  /** Python's name for the type. */
  abstract readonly type: string;
  /** Python's repr(). Fails by default, where Python would print an address, which changes each time. */
  repr(): string {
    return fail(`cannot print a value of type '${this.type}'`);
  }
  str(): string {
    return this.repr();
  }
  truth(): boolean {
    return true;
  }
  attribute(_name: string): Py | undefined {
    return undefined;
  }
  item(_key: Py): Py | undefined {
    return undefined;
  }
  iterate(): Iterable<Py> | undefined {
    return undefined;
  }
  size(): number | undefined {
    return undefined;
  }
  same(other: Py): boolean {
    return this === other;
  }
  /** The value's key in a dict; undefined if the value is unhashable. */
  hash(): unknown {
    return this;
  }
}

export interface EvaluatedArguments {
  readonly positional: readonly Py[];
  readonly named: ReadonlyMap<string, Py>;
}

/** A callable: a method, a macro, or a function such as `range`. */
export class Callable extends PyObject {
  readonly type: string = "function";
  constructor(
    readonly name: string,
    readonly call: (args: EvaluatedArguments) => Py,
  ) {
    super();
  }
  override repr(): string {
    return fail(`cannot print the function '${this.name}': are the parentheses of a call missing?`);
  }
}

/** A missing variable, attribute or item. The session decides what a template may do with it. */
export class Undefined extends PyObject {
  readonly type = "Undefined";
  constructor(
    readonly message: string,
    readonly path?: readonly string[],
    /** Whether the value comes from an `if` without `else`, for which Jinja2 prints nothing, even when strict. */
    readonly harmless = false,
  ) {
    super();
  }
  /** Refuses in a strict session only: Jinja2 itself allows printing, looping and comparing. */
  lenient(): this {
    if (session.strict && !this.harmless) this.refuse();
    return this;
  }
  refuse(): never {
    throw new Problem(this.message, undefined, this.path);
  }
  override repr(): string {
    this.lenient();
    return "Undefined";
  }
  override str(): string {
    this.lenient();
    return "";
  }
  override truth(): boolean {
    return false;
  }
  override iterate(): Iterable<Py> {
    this.lenient();
    return [];
  }
  override size(): number {
    this.lenient();
    return 0;
  }
  override same(other: Py): boolean {
    this.lenient();
    return other instanceof Undefined;
  }
  override hash(): unknown {
    this.lenient();
    return Undefined;
  }
}

export const isInt = (value: unknown): value is Int => typeof value === "number" || typeof value === "bigint";

export const isPyNumber = (value: Py): value is Numeric =>
  typeof value === "number" || typeof value === "boolean" || typeof value === "bigint" || value instanceof Float;

/** An int, or a bool, which Python treats as 0 or 1 nearly everywhere. */
export const isIntLike = (value: Py): value is boolean | Int => isInt(value) || typeof value === "boolean";

export const typeName = (value: Py): string => {
  if (value === null) return "NoneType";
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  if (isInt(value)) return "int";
  if (value instanceof Float) return "float";
  return Array.isArray(value) ? "list" : value.type;
};

export const truth = (value: Py): boolean => {
  if (value === null) return false;
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return value !== "";
  if (isInt(value)) return value != 0;
  if (value instanceof Float) return value.valueOf() !== 0;
  return Array.isArray(value) ? value.length > 0 : value.truth();
};
