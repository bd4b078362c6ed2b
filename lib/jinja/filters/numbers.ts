/** Filters on numbers: abs, float, int, round, sum, filesizeformat. */
import { Float } from "../../plan/values.js";
import { formatFloat } from "../format/number-format.js";
import { arithmetic } from "../operators/arithmetic.js";
import { fail } from "../problem.js";
import { Delta } from "../values/dates.js";
import { rounded } from "../values/digits.js";
import { iterate } from "../values/iterate.js";
import { plainText } from "../values/markup.js";
import { big, boxed, float, int, readFloat, readInt, toInteger, truncated } from "../values/numbers.js";
import { type Int, isIntLike, isPyNumber, type Py, truth, typeName, Undefined } from "../values/values.js";
import { attributeGetter, type Filters, filter } from "./filter.js";

const absolute = (value: Py): Py => {
  if (value instanceof Undefined) return value.refuse();
  if (value instanceof Float) return boxed(Math.abs(value.valueOf()));
  if (value instanceof Delta) return new Delta(value.micros < 0n ? -value.micros : value.micros);
  if (!isIntLike(value)) return fail(`bad operand type for abs(): '${typeName(value)}'`);
  const number = big(value);
  return int(number < 0n ? -number : number);
};

const toInt = (value: Py, fallback: Py, base: Py): Py => {
  if (value instanceof Undefined) return value.refuse();
  const text = plainText(value);
  if (text !== undefined) {
    const number = readInt(text, toInteger(base));
    if (number !== undefined) return number;
    const broken = readFloat(text);
    return broken === undefined || Number.isNaN(broken) ? fallback : truncated(broken);
  }
  if (isIntLike(value)) return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (!(value instanceof Float) || Number.isNaN(value.valueOf())) return fallback;
  return truncated(value.valueOf());
};

const toFloat = (value: Py, fallback: Py): Py => {
  if (value instanceof Undefined) return value.refuse();
  const text = plainText(value);
  const number = text !== undefined ? readFloat(text) : isPyNumber(value) ? float(value) : undefined;
  return number === undefined ? fallback : boxed(number);
};

const round = (value: Py, precision: Py, method: Py): Py => {
  if (method !== "common" && method !== "ceil" && method !== "floor")
    return fail("method must be common, ceil or floor");
  if (value instanceof Undefined) return value.refuse();
  if (method !== "common") return ceiledOrFloored(value, precision, method);
  if (!isPyNumber(value)) return fail(`type ${typeName(value)} doesn't define __round__ method`);
  const places = precision === null ? undefined : toInteger(precision);
  if (value instanceof Float) {
    if (places !== undefined) return boxed(rounded(value.valueOf(), places));
    return truncated(rounded(value.valueOf(), 0));
  }
  return roundedInt(big(value), places ?? 0);
};

const roundedInt = (number: bigint, places: number): Int => {
  if (places >= 0) return int(number);
  if (places < -5000) return 0;
  const unit = 10n ** BigInt(-places);
  const rest = ((number % unit) + unit) % unit;
  const down = number - rest;
  const up = rest * 2n > unit || (rest * 2n === unit && (down / unit) % 2n !== 0n);
  return int(up ? down + unit : down);
};

const ceiledOrFloored = (value: Py, precision: Py, method: "ceil" | "floor"): Py => {
  const unit = arithmetic("**", 10, precision);
  const scaled = arithmetic("*", value, unit);
  if (!isPyNumber(scaled)) return fail(`must be real number, not ${typeName(scaled)}`);
  const number = scaled instanceof Float ? ceilOrFloor(scaled.valueOf(), method) : scaled;
  return arithmetic("/", number, unit);
};

const ceilOrFloor = (number: number, method: "ceil" | "floor"): Int =>
  truncated(method === "ceil" ? Math.ceil(number) : Math.floor(number));

const sum = (value: Py, attribute: Py, start: Py): Py => {
  if (typeof start === "string") return fail("sum() can't sum strings [use ''.join(seq) instead]");
  const get = attributeGetter(attribute);
  let total: Py = start;
  for (const item of iterate(value)) total = arithmetic("+", total, get(item));
  return total;
};

const UNITS = ["k", "M", "G", "T", "P", "E", "Z", "Y"];

const fileSize = (value: Py, binary: Py): Py => {
  const size = toFloat(value, null);
  if (!(size instanceof Float)) return fail(`could not convert ${typeName(value)} to float`);
  const [base, bytes] = [truth(binary) ? 1024 : 1000, size.valueOf()];
  if (bytes === 1) return "1 Byte";
  if (bytes < base) return `${truncated(bytes)} Bytes`;
  const place = UNITS.findIndex((_unit, index) => bytes < base ** (index + 2));
  const index = place < 0 ? UNITS.length - 1 : place;
  const letter = UNITS[index] ?? "";
  const amount = formatFloat((base * bytes) / base ** (index + 2), { letter: "f", precision: 1, alternate: false });
  return `${amount} ${truth(binary) ? `${letter.toUpperCase()}i` : letter}B`;
};

export const NUMBER_FILTERS: Filters = [
  filter("abs", {}, absolute),
  filter("int", { default: 0, base: 10 }, toInt),
  filter("float", { default: boxed(0) }, toFloat),
  filter("round", { precision: 0, method: "common" }, round),
  filter("sum", { attribute: null, start: 0 }, sum),
  filter("filesizeformat", { binary: false }, fileSize),
];
