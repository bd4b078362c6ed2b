/**
 * The values that a configuration can hold, in Python's types: ensembles written for the Python tool rely on
 * how Python distinguishes them (1 and 1.0) and prints them (20.0, 1e-05, 2020-01-01).
 */

/** A floating-point number, printed as Python prints it. A plain JavaScript number is an integer. */
export class Float extends Number {
  override toString(): string {
    return floatText(this.valueOf());
  }
  /** Gives `JSON.stringify` a plain number, which it writes as null for NaN and the infinities. */
  toJSON(): number {
    return this.valueOf();
  }
  // The five methods of LiquidJS's `Comparable`: without them, LiquidJS finds a `Float` equal to nothing.
  equals(other: unknown): boolean {
    return isNumeric(other) && this.valueOf() === Number(other);
  }
  gt(other: unknown): boolean {
    return isNumeric(other) && this.valueOf() > Number(other);
  }
  geq(other: unknown): boolean {
    return isNumeric(other) && this.valueOf() >= Number(other);
  }
  lt(other: unknown): boolean {
    return isNumeric(other) && this.valueOf() < Number(other);
  }
  leq(other: unknown): boolean {
    return isNumeric(other) && this.valueOf() <= Number(other);
  }
}

/** A date, with or without a time. It keeps the text of the configuration, and prints as that text. */
export class Timestamp {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text;
  }
  toJSON(): string {
    return this.text;
  }
}

export type Value = null | boolean | string | number | bigint | Float | Timestamp | readonly Value[] | Variables;

/** Values by name, as `run.<name>` in templates and task arguments. */
export type Variables = { readonly [name: string]: Value };

export const isNumeric = (value: unknown): value is number | bigint | Float =>
  typeof value === "number" || typeof value === "bigint" || value instanceof Float;

export const isVariables = (value: unknown): value is Variables =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Float) &&
  !(value instanceof Timestamp);

/** A key as the user wrote it, which may be a number or a date, and its value. */
export type Pair = readonly [key: Value, value: Value];

/**
 * Makes a mapping. `named` holds each pair under its key as text. A JavaScript object turns keys into strings and moves
 * whole numbers to the front; if either changes the mapping, the result also iterates over the pairs as written.
 */
export const mappingOf = (named: ReadonlyMap<string, Pair>): Variables => {
  const mapping = Object.fromEntries(Array.from(named, ([name, [, value]]) => [name, value]));
  const pairs = [...named.values()];
  if (pairs.some(([key]) => typeof key !== "string" || isIndex(key)))
    // `defineProperty` hides the iterator from loops over the values. LiquidJS loops over any object with an iterator.
    Object.defineProperty(mapping, Symbol.iterator, { value: () => pairs.values() });
  return mapping;
};

/** The pairs of a mapping, in the order and with the types of keys that the user wrote. */
export const pairsOf = (mapping: Variables): readonly Pair[] =>
  Symbol.iterator in mapping ? [...(mapping as unknown as Iterable<Pair>)] : Object.entries(mapping);

/** Whether JavaScript takes a name for an array index. */
export const isIndex = (name: string): boolean => /^(?:0|[1-9][0-9]*)$/.test(name);

/** Whether a mapping has the key itself: inherited names such as `constructor` are not variables. */
export const has = (variables: Variables, name: string): boolean => Object.hasOwn(variables, name);

/**
 * Python's `repr` of a float: the shortest digits that read back as the same number, always with a point or an
 * exponent. Outside 1e-4 … 1e16 it has an exponent, of two digits at least.
 */
export const floatText = (number: number): string => {
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  if (Object.is(number, -0)) return "-0.0";
  const size = Math.abs(number);
  if (size === 0 || (size >= 1e-4 && size < 1e16)) {
    const digits = String(number);
    return digits.includes(".") ? digits : `${digits}.0`;
  }
  const [mantissa = "", exponent = ""] = number.toExponential().split("e");
  return `${mantissa}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, "0")}`;
};

/** The plain JavaScript counterpart of a value, for code that does not know `Float` and `Timestamp`. */
export const plain = (value: Value): unknown => {
  if (value instanceof Float) return value.valueOf();
  if (value instanceof Timestamp) return value.text;
  return value;
};
