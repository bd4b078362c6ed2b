/** The filters that Liquid templates have besides LiquidJS's own, and those of its own that know nothing of floats. */
import type { Liquid } from "liquidjs";
import { Float, floatText, isNumeric, Timestamp } from "../../plan/values.js";
import { fortranBool, namelistValue, shown } from "./fortran.js";
import { isMapping, isTrue } from "./truth.js";

export const registerFilters = (engine: Liquid): void => {
  engine.registerFilter("pad", pad);
  engine.registerFilter("nml", namelistValue);
  engine.registerFilter("fortran_bool", fortranBool);
  engine.registerFilter("default", orElse);
  for (const name of ARITHMETIC) replace(engine, name, arithmetic);
  for (const name of DATES) replace(engine, name, dated);
};

/**
 * How a value prints: as Python prints numbers and dates, `true` and `false` for booleans, nothing for null, and a list
 * as its values one after the other. Throws a `RangeError` for a mapping, which has no text.
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
  if (!Number.isInteger(length) || length < 0 || length > WIDEST) {
    throw new RangeError(`pad takes a width between 0 and ${WIDEST}, not ${shown(width)}`);
  }
  if (typeof fill !== "string" && !isNumeric(fill)) throw new RangeError(`pad cannot fill with ${shown(fill)}`);
  const text = printed(value);
  const sign = String(fill) === "0" && isNumeric(value) && text.startsWith("-") ? "-" : "";
  return sign + text.slice(sign.length).padStart(length - sign.length, String(fill));
};

const WIDEST = 10_000;

/** Liquid's `default`: for what is null, false or empty. A number is a value, even 0. */
const orElse = (value: unknown, other: unknown, ...options: readonly unknown[]): unknown => {
  if (isNumeric(value)) return value;
  const keepsFalse = options.some(
    (option) => Array.isArray(option) && option[0] === "allow_false" && isTrue(option[1]),
  );
  return isTrue(value) || (value === false && keepsFalse) ? value : other;
};

const ARITHMETIC = ["abs", "at_least", "at_most", "divided_by", "minus", "modulo", "plus", "times"];

/** What is computed from a float is a float, and prints as one. */
const arithmetic =
  (compute: LiquidFilter): LiquidFilter =>
  (...operands) => {
    const numbers = operands.map((operand) => (operand instanceof Float ? operand.valueOf() : operand));
    const large = numbers.find((number) => typeof number === "bigint");
    if (large !== undefined) throw new RangeError(`${String(large)} is too large to be computed with exactly`);
    const wrong = numbers.find((number) => typeof number !== "boolean" && !isNumber(number));
    if (wrong !== undefined) throw new RangeError(`cannot compute with ${shown(wrong)}`);
    const result = compute(...numbers);
    const isFloat = operands.some((operand) => operand instanceof Float) || !Number.isInteger(result);
    return isFloat && typeof result === "number" ? new Float(result) : result;
  };

/** LiquidJS reads a number out of text too, and takes other text for 0; so does `"abc" | plus: 1`, silently. */
const isNumber = (value: unknown): boolean =>
  typeof value === "number" || (typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value)));

const DATES = ["date", "date_to_long_string", "date_to_rfc822", "date_to_string", "date_to_xmlschema"];

/** A date without a zone is in UTC, so that it is the same day on every machine. */
const dated =
  (format: LiquidFilter): LiquidFilter =>
  (value, ...rest) => {
    const text = value instanceof Timestamp ? value.text : value;
    return format(typeof text === "string" && ZONELESS.test(text) ? `${text.replace(/[ t]+/, "T")}Z` : text, ...rest);
  };

const ZONELESS = /^\d{4}-\d{2}-\d{2}[ Tt]+\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/;

type LiquidFilter = (...values: readonly unknown[]) => unknown;

/** Wraps a filter of LiquidJS's own; it finds its context in `this`. */
const replace = (engine: Liquid, name: string, wrap: (filter: LiquidFilter) => LiquidFilter): void => {
  const own = engine.filters[name];
  const handler = typeof own === "function" ? own : own?.handler;
  if (handler === undefined) throw new Error(`LiquidJS has no filter ${name}`);
  engine.registerFilter(name, function (value: unknown, ...rest: unknown[]): unknown {
    return wrap((first, ...others) => handler.call(this, first, ...others) as unknown)(value, ...rest);
  });
};
