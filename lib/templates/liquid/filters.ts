/** The filters that this program adds to LiquidJS, and wrappers that teach LiquidJS's own filters floats and dates. */
import type { Liquid } from "liquidjs";
import { Float, floatText, isNumeric, Timestamp } from "../../plan/values.js";
import { describeValue, fortranBool, namelistValue } from "./fortran.js";
import { isMapping, isTrue } from "./truth.js";

export const registerFilters = (engine: Liquid): void => {
  engine.registerFilter("pad", pad);
  engine.registerFilter("nml", namelistValue);
  engine.registerFilter("fortran_bool", fortranBool);
  engine.registerFilter("default", defaultTo);
  for (const name of ARITHMETIC) replace(engine, name, arithmetic);
  for (const name of DATES) replace(engine, name, inUtc);
  for (const name of ["json", "jsonify", "inspect"]) replace(engine, name, exactIntegers);
};

/**
 * The text of a value: numbers and dates as in Python, `true` or `false`, nothing for null, and for a list the texts of
 * its values, joined. Throws a `RangeError` for a mapping, which has no text.
 */
export const printed = (value: unknown): string => {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : floatText(value);
  if (Array.isArray(value)) return value.map((item) => printed(item)).join("");
  if (isMapping(value)) {
    throw new RangeError(`a mapping cannot be printed: name one of its values (${Object.keys(value).join(", ")})`);
  }
  return `${value as boolean}`;
};

/** `{{ 7 | pad: 3 }}` is `007`; `{{ 7 | pad: 8, " " }}` puts blanks before it. A sign stays first, before zeros. */
const pad = (value: unknown, width: unknown, fill: unknown = "0"): string => {
  const length = isNumeric(width) ? Number(width) : Number.NaN;
  if (!Number.isInteger(length) || length < 0 || length > MAX_WIDTH) {
    throw new RangeError(`pad takes a width between 0 and ${MAX_WIDTH}, not ${describeValue(width)}`);
  }
  if (typeof fill !== "string" && !isNumeric(fill)) throw new RangeError(`pad cannot fill with ${describeValue(fill)}`);
  const text = printed(value);
  const sign = String(fill) === "0" && isNumeric(value) && text.startsWith("-") ? "-" : "";
  return sign + text.slice(sign.length).padStart(length - sign.length, String(fill));
};

const MAX_WIDTH = 10_000;

/** Liquid's `default`, for null, false and empty values. A number is never empty, not even 0. */
const defaultTo = (value: unknown, other: unknown, ...options: readonly unknown[]): unknown => {
  if (isNumeric(value)) return value;
  const keepsFalse = options.some(
    (option) => Array.isArray(option) && option[0] === "allow_false" && isTrue(option[1]),
  );
  return isTrue(value) || (value === false && keepsFalse) ? value : other;
};

const ARITHMETIC = ["abs", "at_least", "at_most", "divided_by", "minus", "modulo", "plus", "times"];

/** Makes the result of arithmetic with a float a float, which prints as one. */
const arithmetic =
  (compute: LiquidFilter): LiquidFilter =>
  (...operands) => {
    const numbers = operands.map((operand) => (operand instanceof Float ? operand.valueOf() : operand));
    const large = numbers.find((number) => typeof number === "bigint");
    if (large !== undefined) throw new RangeError(`${String(large)} is too large for exact arithmetic`);
    const wrong = numbers.find((number) => typeof number !== "boolean" && !isNumber(number));
    if (wrong !== undefined) throw new RangeError(`cannot compute with ${describeValue(wrong)}`);
    const result = compute(...numbers);
    const isFloat = operands.some((operand) => operand instanceof Float) || !Number.isInteger(result);
    return isFloat && typeof result === "number" ? new Float(result) : result;
  };

/** Accepts text that is a number. LiquidJS itself would silently treat any other text as 0: `"abc" | plus: 1`. */
const isNumber = (value: unknown): boolean =>
  typeof value === "number" || (typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value)));

const DATES = ["date", "date_to_long_string", "date_to_rfc822", "date_to_string", "date_to_xmlschema"];

/** Reads a date without a time zone as UTC, so that it is the same day on every machine. */
const inUtc =
  (format: LiquidFilter): LiquidFilter =>
  (value, ...rest) => {
    const text = value instanceof Timestamp ? value.text : value;
    return format(typeof text === "string" && ZONELESS.test(text) ? `${text.replace(/[ t]+/, "T")}Z` : text, ...rest);
  };

const ZONELESS = /^\d{4}-\d{2}-\d{2}[ Tt]+\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/;

/** Writes integers beyond 2^53 with all their digits, which `JSON.stringify` cannot do. */
const exactIntegers =
  (stringify: LiquidFilter): LiquidFilter =>
  (value, ...rest) => {
    const text = stringify(marked(value), ...rest);
    return typeof text === "string" ? text.replace(MARKED, "$1") : text;
  };

const marked = (value: unknown): unknown => {
  if (typeof value === "bigint") return `\0int ${value}\0`;
  if (Array.isArray(value)) return value.map(marked);
  return isMapping(value)
    ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, marked(part)]))
    : value;
};

/** A marked integer, as `JSON.stringify` writes it. */
const MARKED = /"\\u0000int (-?\d+)\\u0000"/g;

type LiquidFilter = (...values: readonly unknown[]) => unknown;

/** Wraps one of LiquidJS's own filters, which finds its context in `this`. */
const replace = (engine: Liquid, name: string, wrap: (filter: LiquidFilter) => LiquidFilter): void => {
  const original = engine.filters[name];
  const handler = typeof original === "function" ? original : original?.handler;
  if (handler === undefined) throw new Error(`LiquidJS has no filter ${name}`);
  engine.registerFilter(name, function (value: unknown, ...rest: unknown[]): unknown {
    return wrap((first, ...others) => handler.call(this, first, ...others) as unknown)(value, ...rest);
  });
};
