/** `+ - * / // % **` and the signs, as Python computes them. */
import { Float } from "../../plan/values.js";
import { boundedCount, boundedLength, boundedText, MAX_INT_BITS } from "../limits.js";
import { fail } from "../problem.js";
import { isSequence, itemsOf, Tuple } from "../values/containers.js";
import { timeArithmetic } from "../values/dates.js";
import { Markup } from "../values/markup.js";
import { big, boxed, float, int } from "../values/numbers.js";
import { type Int, isInt, isIntLike, isPyNumber, type Py, typeName, Undefined } from "../values/values.js";
import { percentFormat } from "./percent.js";
import { power } from "./power.js";

export type Operator = "+" | "-" | "*" | "/" | "//" | "%" | "**";

export const arithmetic = (operator: Operator, left: Py, right: Py): Py => {
  if (typeof left === "number" && typeof right === "number") {
    const result = plainArithmetic(operator, left, right);
    if (result !== undefined) return result;
  }
  if (left instanceof Undefined) return left.refuse();
  if (operator === "%" && typeof left === "string") return percentFormat(left, right);
  if (right instanceof Undefined) return right.refuse();
  if (isPyNumber(left) && isPyNumber(right)) {
    if (isIntLike(left) && isIntLike(right)) return intArithmetic(operator, big(left), big(right));
    return floatArithmetic(operator, float(left), float(right));
  }
  const moment = operator === "+" || operator === "-" ? timeArithmetic(operator, left, right) : undefined;
  return moment ?? sequenceArithmetic(operator, left, right) ?? unsupported(operator, left, right);
};

const unsupported = (operator: Operator, left: Py, right: Py): never => {
  if (operator === "+" && typeof left === "string") fail(`can only concatenate str (not "${typeName(right)}") to str`);
  const shown = operator === "**" ? "** or pow()" : operator;
  return fail(`unsupported operand type(s) for ${shown}: '${typeName(left)}' and '${typeName(right)}'`);
};

/** Computes without bigints, the common case; undefined if the result could be inexact. */
const plainArithmetic = (operator: Operator, left: number, right: number): Py | undefined => {
  let result: number | undefined;
  if (operator === "+") result = left + right;
  else if (operator === "-") result = left - right;
  else if (operator === "*") result = left * right;
  else if (operator === "/" && right !== 0) return boxed(left / right);
  // Adding zero turns JavaScript's -0 into the integer 0.
  return result !== undefined && Number.isSafeInteger(result) ? result + 0 : undefined;
};

const intArithmetic = (operator: Operator, left: bigint, right: bigint): Py => {
  switch (operator) {
    case "+":
      return int(left + right);
    case "-":
      return int(left - right);
    case "*":
      return int(left * right);
    case "/":
      return boxed(right === 0n ? fail("division by zero") : quotient(left, right));
    case "//":
      return right === 0n ? fail("integer division or modulo by zero") : int((left - modulo(left, right)) / right);
    case "%":
      return right === 0n ? fail("integer modulo by zero") : int(modulo(left, right));
    case "**":
      return right < 0n ? floatArithmetic("**", float(int(left)), float(int(right))) : intPower(left, right);
  }
};

const modulo = (left: bigint, right: bigint): bigint => {
  const rest = left % right;
  return rest !== 0n && rest < 0n !== right < 0n ? rest + right : rest;
};

const intPower = (base: bigint, exponent: bigint): Int => {
  const bits = base.toString(2).length;
  if (base !== 0n && base !== 1n && base !== -1n && exponent * BigInt(bits - 1) > BigInt(MAX_INT_BITS))
    fail("the integer becomes too large");
  return int(base === -1n ? (exponent % 2n === 0n ? 1n : -1n) : base ** exponent);
};

/** The true division of integers of any size, rounded once. */
const quotient = (left: bigint, right: bigint): number => {
  const [x, y] = [Number(left), Number(right)];
  if (Number.isSafeInteger(x) && Number.isSafeInteger(y)) return x / y;
  const negative = left < 0n !== right < 0n;
  const [top, bottom] = [left < 0n ? -left : left, right < 0n ? -right : right];
  const shift = top.toString(2).length - bottom.toString(2).length - 66;
  const [scaledTop, scaledBottom] = shift > 0 ? [top, bottom << BigInt(shift)] : [top << BigInt(-shift), bottom];
  // The last bit records whether digits were cut off, so that the single rounding below takes them into account.
  const digits = (scaledTop / scaledBottom) | (scaledTop % scaledBottom === 0n ? 0n : 1n);
  const size = Number(digits) * 2 ** Math.max(shift, -1000) * 2 ** Math.min(0, shift + 1000);
  if (!Number.isFinite(size)) fail("integer division result too large for a float");
  return negative ? -size : size;
};

const floatArithmetic = (operator: Operator, left: number, right: number): Float => {
  switch (operator) {
    case "+":
      return boxed(left + right);
    case "-":
      return boxed(left - right);
    case "*":
      return boxed(left * right);
    case "/":
      return boxed(right === 0 ? fail("float division by zero") : left / right);
    case "//":
      return boxed(right === 0 ? fail("float floor division by zero") : floatDivmod(left, right).floor);
    case "%":
      return boxed(right === 0 ? fail("float modulo") : floatDivmod(left, right).rest);
    case "**":
      return boxed(power(left, right));
  }
};

/** Python's divmod of floats, with its signs of zero. */
const floatDivmod = (left: number, right: number): { floor: number; rest: number } => {
  let rest = left % right;
  let floor = (left - rest) / right;
  if (rest === 0) rest = right < 0 ? -0 : 0;
  else if (rest < 0 !== right < 0) {
    rest += right;
    floor -= 1;
  }
  if (floor === 0) return { rest, floor: left / right < 0 || Object.is(left / right, -0) ? -0 : 0 };
  const down = Math.floor(floor);
  return { rest, floor: floor - down > 0.5 ? down + 1 : down };
};

const sequenceArithmetic = (operator: Operator, left: Py, right: Py): Py | undefined => {
  if (operator === "+") {
    if (left instanceof Markup || right instanceof Markup) return Markup.joined(left, right);
    if (typeof left === "string" && typeof right === "string") return boundedText(left + right);
    if (isSequence(left) && isSequence(right) && Array.isArray(left) === Array.isArray(right))
      return sequence(left, [...itemsOf(left), ...itemsOf(right)]);
  }
  if (operator === "*") {
    if (isIntLike(right)) return repeated(left, Number(right));
    if (isIntLike(left)) return repeated(right, Number(left));
    if (isRepeatable(left) || isRepeatable(right))
      return fail(`can't multiply sequence by non-int of type '${typeName(isRepeatable(left) ? right : left)}'`);
  }
  return undefined;
};

const isRepeatable = (value: Py): boolean => typeof value === "string" || value instanceof Markup || isSequence(value);

const sequence = (like: Py[] | Tuple, items: Py[]): Py => {
  boundedCount(items.length);
  return Array.isArray(like) ? items : new Tuple(items);
};

const repeated = (value: Py, times: number): Py | undefined => {
  const count = Math.max(0, times);
  if (typeof value === "string") return repeatedText(value, count);
  if (value instanceof Markup) return new Markup(repeatedText(value.text, count));
  if (!isSequence(value)) return undefined;
  const items = itemsOf(value);
  boundedCount(items.length * count);
  return sequence(value, items.length === 0 ? [] : Array.from({ length: count }, () => items).flat());
};

const repeatedText = (text: string, count: number): string => {
  boundedLength(text.length * count);
  return boundedText(text === "" ? "" : text.repeat(count));
};

export const negated = (value: Py): Py => {
  if (value instanceof Undefined) return value.refuse();
  if (value instanceof Float) return boxed(-value.valueOf());
  if (typeof value === "number") return 0 - value;
  if (isIntLike(value)) return int(-big(value));
  return fail(`bad operand type for unary -: '${typeName(value)}'`);
};

export const positive = (value: Py): Py => {
  if (value instanceof Undefined) return value.refuse();
  if (value instanceof Float || isInt(value)) return value;
  if (typeof value === "boolean") return Number(value);
  return fail(`bad operand type for unary +: '${typeName(value)}'`);
};
