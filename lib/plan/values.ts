/**
 * The values a configuration can hold once it has been read: Python's kinds, because ensembles written for the
 * Python tool rely on how Python tells them apart (1 and 1.0) and prints them (20.0, 1e-05, 2020-01-01).
 */

/** A floating-point number that prints as Python prints it. A plain JavaScript number stands for an integer. */
export class Float extends Number {
  override toString(): string {
    return floatText(this.valueOf());
  }
  /** For whoever prints it as JSON: a plain number, or null where JSON has none. */
  toJSON(): number {
    return this.valueOf();
  }
  // The five comparisons below are LiquidJS's `Comparable`: without them a boxed number equals nothing.
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

/** A date or a date with a time. It keeps the text that was written, which is also what it prints. */
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

/** Named values: what `run.` stands for in templates and task arguments. */
export type Variables = { readonly [name: string]: Value };

export const isNumeric = (value: unknown): value is number | bigint | Float =>
  typeof value === "number" || typeof value === "bigint" || value instanceof Float;

export const isVariables = (value: unknown): value is Variables =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Float) &&
  !(value instanceof Timestamp);

/** A key as it was written, which need not be a text, and what it stands for. */
export type Pair = readonly [key: Value, value: Value];

/**
 * A mapping, from pairs under the names of their keys. An object has texts for keys, and puts those first that are whole
 * numbers: where that makes a difference, the mapping can also be gone through, as it was written.
 */
export const mappingOf = (named: ReadonlyMap<string, Pair>): Variables => {
  const mapping = Object.fromEntries(Array.from(named, ([name, [, value]]) => [name, value]));
  const pairs = [...named.values()];
  if (pairs.some(([key]) => typeof key !== "string" || isIndex(key)))
    // Not enumerable: it is none of the values. LiquidJS goes through whatever has one.
    Object.defineProperty(mapping, Symbol.iterator, { value: () => pairs.values() });
  return mapping;
};

/** The pairs of a mapping, in the order in which they were written, with keys of the kinds that they were written in. */
export const pairsOf = (mapping: Variables): readonly Pair[] =>
  Symbol.iterator in mapping ? [...(mapping as unknown as Iterable<Pair>)] : Object.entries(mapping);

/** Whether JavaScript takes a name for a place in a list. */
export const isIndex = (name: string): boolean => /^(?:0|[1-9][0-9]*)$/.test(name);

/** Whether a mapping has the key itself: `constructor` and its like are inherited, and no variables. */
export const has = (variables: Variables, name: string): boolean => Object.hasOwn(variables, name);

/**
 * Python's `repr` of a float: the shortest digits that read back as the same number, always with a point or an
 * exponent, and an exponent of two digits at least, outside 1e-4 … 1e16.
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

/** The plain JavaScript counterpart of a value, for checks that know nothing of `Float` and `Timestamp`. */
export const plain = (value: Value): unknown => {
  if (value instanceof Float) return value.valueOf();
  if (value instanceof Timestamp) return value.text;
  return value;
};
