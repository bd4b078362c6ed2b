/** Integers of any size, and conversions between them, floats and text. */
import { Float } from "../../plan/values.js";
import { MAX_INT_BITS } from "../limits.js";
import { fail } from "../problem.js";
import { numeral } from "../unicode/numeral.js";
import { type Int, isIntLike, type Numeric, type Py, typeName } from "./values.js";

/** The canonical form of an integer: a JavaScript number where that is exact, else a bigint. */
export const int = (big: bigint): Int => {
  if (big >= -9007199254740991n && big <= 9007199254740991n) return Number(big);
  if (big >> BigInt(MAX_INT_BITS) > 0n || -big >> BigInt(MAX_INT_BITS) > 0n) fail("the integer becomes too large");
  return big;
};

export const big = (value: boolean | Int): bigint => BigInt(value);

/** The float nearest to a number, as Python's float() computes it. */
export const float = (value: Numeric): number => {
  const number = Number(value);
  if (typeof value === "bigint" && !Number.isFinite(number)) fail("int too large to convert to float");
  return number;
};

export const boxed = (number: number): Float => new Float(number);

/** Python's `__index__()`, for counts, indices and widths. An integer beyond 2^53 loses digits. */
export const toInteger = (value: Py): number => {
  if (isIntLike(value)) return Number(value);
  return fail(`'${typeName(value)}' object cannot be interpreted as an integer`);
};

/** Python's int() of a float. */
export const truncated = (number: number): Int => {
  if (Number.isNaN(number)) return fail("cannot convert float NaN to integer");
  if (!Number.isFinite(number)) return fail("cannot convert float infinity to integer");
  return int(BigInt(Math.trunc(number)));
};

export const intText = (value: boolean | Int): string => {
  const text = BigInt(value).toString();
  if (text.length > 4301) fail("Exceeds the limit (4300 digits) for integer string conversion");
  return text;
};

const FLOAT = /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i;

/** Python's float() of a string; undefined where Python raises ValueError. */
export const readFloat = (text: string): number | undefined => {
  const trimmed = numeral(text);
  if (FLOAT.test(trimmed)) return Number(trimmed.replaceAll("_", ""));
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(trimmed);
  if (word === null) return undefined;
  if (word[2]?.toLowerCase() === "nan") return Number.NaN;
  return word[1] === "-" ? -Infinity : Infinity;
};

const PREFIX: Readonly<Record<string, number>> = { b: 2, o: 8, x: 16 };

/** Python's int() of a string in a base from 2 to 36, or in base 0, where a prefix names the base. */
export const readInt = (text: string, base: number): Int | undefined => {
  if (base !== 0 && (base < 2 || base > 36)) return undefined;
  const parts = /^([+-]?)(?:0([box])_?)?(\w+)$/i.exec(numeral(text));
  let radix = base;
  let digits = parts?.[3] ?? "";
  const prefix = parts?.[2]?.toLowerCase();
  if (prefix !== undefined) {
    const named = PREFIX[prefix] ?? 10;
    if (base === 0 || base === named) radix = named;
    else digits = `0${parts?.[2] ?? ""}${digits}`;
  } else if (base === 0) {
    radix = 10;
    if (/^0+[1-9_]/.test(digits.replaceAll("_", ""))) return undefined;
  }
  if (parts === null || !/^[0-9a-z]+(_[0-9a-z]+)*$/i.test(digits)) return undefined;
  const count = digits.replaceAll("_", "").length;
  // Python's limit for bases that are no powers of two; a number in another base has more bits than `int` takes.
  if (count > 4300) return [2, 4, 8, 16, 32].includes(radix) ? fail("the integer becomes too large") : undefined;
  let value = 0n;
  for (const digit of digits.replaceAll("_", "")) {
    const amount = Number.parseInt(digit, 36);
    if (amount >= radix) return undefined;
    value = value * BigInt(radix) + BigInt(amount);
  }
  return int(parts[1] === "-" ? -value : value);
};
