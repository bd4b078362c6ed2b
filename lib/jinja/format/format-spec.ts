/** `format(value, spec)`: the part after the colon in `"{:08.3f}".format(x)`. */
import { Float, floatText } from "../../plan/values.js";
import { boundedLength } from "../limits.js";
import { fail } from "../problem.js";
import { withPlainDigits } from "../unicode/numeral.js";
import { classOf } from "../unicode/runs.js";
import { Moment } from "../values/dates.js";
import { general } from "../values/digits.js";
import { plainText } from "../values/markup.js";
import { big, float, intText } from "../values/numbers.js";
import { characters, lengthOf, str } from "../values/text.js";
import { isPyNumber, type Numeric, type Py, typeName } from "../values/values.js";
import { type FloatFormat, formatFloat } from "./number-format.js";
import { strftime } from "./strftime.js";

/** Width and precision may have the digits of any script. */
const DIGITS = `[${classOf("decimal")}]+`;
const SPEC = new RegExp(`^(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(${DIGITS})?([,_])?(?:\\.(${DIGITS}))?([A-Za-z%])?$`, "su");

interface Spec {
  readonly fill: string | undefined;
  readonly align: string | undefined;
  readonly sign: string | undefined;
  readonly alternate: boolean;
  readonly zero: boolean;
  readonly width: number;
  readonly group: string | undefined;
  readonly precision: number | undefined;
  readonly letter: string | undefined;
}

export const formatValue = (value: Py, text: string): string => {
  if (text === "") return str(value);
  if (value instanceof Moment) return strftime(value, text);
  const plain = plainText(value) ?? value;
  if (typeof plain !== "string" && !isPyNumber(plain))
    return fail(`unsupported format string passed to ${typeName(value)}.__format__`);
  const spec = specOf(text, plain);
  return typeof plain === "string" ? formatText(plain, spec) : formatNumber(plain, spec);
};

const specOf = (text: string, value: Py): Spec => {
  const parts = SPEC.exec(text);
  if (parts === null) return fail(`Invalid format specifier '${text}' for object of type '${typeName(value)}'`);
  const [, fill, align, sign, alternate, zero, width, group, precision, letter] = parts;
  return {
    fill,
    align,
    sign,
    alternate: alternate !== undefined,
    zero: zero !== undefined,
    width: boundedLength(Number(withPlainDigits(width ?? "0"))),
    group,
    precision: precision === undefined ? undefined : boundedLength(Number(withPlainDigits(precision))),
    letter,
  };
};

const unknownLetter = (letter: string, value: Py): never =>
  fail(`Unknown format code '${letter}' for object of type '${typeName(value)}'`);

const formatText = (value: string, spec: Spec): string => {
  if (spec.letter !== undefined && spec.letter !== "s") return unknownLetter(spec.letter, value);
  if (spec.sign !== undefined) return fail("Sign not allowed in string format specifier");
  if (spec.alternate) return fail("Alternate form (#) not allowed in string format specifier");
  if (spec.group !== undefined) return fail(`Cannot specify '${spec.group}' with 's'.`);
  if (spec.align === "=") return fail("'=' alignment not allowed in string format specifier");
  const all = characters(value);
  const kept = typeof all === "string" ? all.slice(0, spec.precision) : all.slice(0, spec.precision).join("");
  return aligned("", kept, spec, spec.align ?? "<");
};

const formatNumber = (value: Numeric, spec: Spec): string => {
  const { letter } = spec;
  if (spec.group !== undefined && letter !== undefined && !"defgEFG%".includes(letter))
    if (spec.group === "," || !"boxX".includes(letter)) return fail(`Cannot specify '${spec.group}' with '${letter}'.`);
  const floating =
    letter === undefined
      ? value instanceof Float
      : "eEfFgG%".includes(letter) || (letter === "n" && value instanceof Float);
  const text = floating ? floatingText(float(value), spec) : intTextOf(value, spec);
  const negative = text.startsWith("-");
  const body = negative ? text.slice(1) : text;
  const sign = negative ? "-" : spec.sign === "+" || spec.sign === " " ? spec.sign : "";
  const prefix = spec.alternate && letter !== undefined && "boxX".includes(letter) && !floating ? body.slice(0, 2) : "";
  const align = spec.align ?? (spec.zero ? "=" : ">");
  const fill = spec.fill ?? (spec.zero ? "0" : " ");
  const room = fill === "0" && align === "=" ? spec.width - sign.length - prefix.length : 0;
  const digits = grouped(body.slice(prefix.length), spec, room);
  return aligned(sign + prefix, digits, spec, align);
};

const intTextOf = (value: Numeric, spec: Spec): string => {
  const { letter = "d" } = spec;
  if (value instanceof Float || !"bcdoxXn".includes(letter)) return unknownLetter(letter, value);
  if (spec.precision !== undefined) return fail("Precision not allowed in integer format specifier");
  if (letter === "c") {
    if (spec.sign !== undefined) return fail("Sign not allowed with integer format specifier 'c'");
    if (spec.alternate) return fail("Alternate form (#) not allowed with integer format specifier 'c'");
    const code = Number(value);
    return code >= 0 && code < 0x110000 ? String.fromCodePoint(code) : fail("%c arg not in range(0x110000)");
  }
  const radix = { b: 2, o: 8, x: 16, X: 16 }[letter] ?? 10;
  const digits = radix === 10 ? intText(value) : big(value).toString(radix);
  const text = spec.alternate && radix !== 10 ? digits.replace(/^-?/, (sign) => `${sign}0${letter}`) : digits;
  return letter === "X" ? text.toUpperCase() : text;
};

const floatingText = (number: number, spec: Spec): string => {
  const { letter, precision, alternate } = spec;
  if (letter !== undefined) {
    const shape: FloatFormat = { letter: letter === "n" ? "g" : letter, precision: precision ?? 6, alternate };
    return formatFloat(number, shape);
  }
  if (precision === undefined || !Number.isFinite(number)) {
    const shortest = floatText(number);
    // Only the form 1e-05 has no point; the flag `#` adds one.
    return alternate ? shortest.replace(/^(-?\d+)(?=e)/, "$1.") : shortest;
  }
  const text = general(Math.abs(number), precision, alternate, 1);
  const pointed = text.includes(".") ? text : alternate ? text.replace(/^\d+/, "$&.") : wholePointed(text);
  return number < 0 || Object.is(number, -0) ? `-${pointed}` : pointed;
};

/** Adds `.0` to a whole number, so that it prints as a float. */
const wholePointed = (text: string): string => (text.includes("e") ? text : `${text}.0`);

/** Separates the digits of the whole part into groups, and adds leading zeros up to the width `room`. */
const grouped = (text: string, spec: Spec, room: number): string => {
  const digits = /^[0-9a-fA-F]*?(?=[^0-9a-fA-F]|$|(?<=\d)[eE][+-])/.exec(text)?.[0] ?? "";
  if (spec.group === undefined || digits === "") return text;
  const every = spec.letter !== undefined && "boxX".includes(spec.letter) ? 4 : 3;
  const rest = text.slice(digits.length);
  const length = (count: number): number => count + Math.floor((count - 1) / every);
  let count = digits.length;
  while (length(count) + rest.length < room) count += 1;
  const full = digits.padStart(count, "0");
  const separator = spec.group;
  const parts: string[] = [];
  for (let end = full.length; end > 0; end -= every) parts.unshift(full.slice(Math.max(0, end - every), end));
  return parts.join(separator) + rest;
};

const aligned = (head: string, text: string, spec: Spec, align: string): string => {
  const fill = spec.fill ?? (spec.zero ? "0" : " ");
  const missing = Math.max(0, spec.width - lengthOf(head) - lengthOf(text));
  const before = align === "<" ? 0 : align === "^" ? Math.floor(missing / 2) : missing;
  if (align === "=") return head + fill.repeat(missing) + text;
  return fill.repeat(before) + head + text + fill.repeat(missing - before);
};
