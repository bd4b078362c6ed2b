/** The tests, which follow `is` in a template. */
import { Float } from "../../plan/values.js";
import { arithmetic } from "../operators/arithmetic.js";
import { isOfCase } from "../unicode/properties.js";
import { contains, ordered } from "../values/compare.js";
import { Dict, Iterator, Range, Tuple } from "../values/containers.js";
import { equal } from "../values/equality.js";
import { tryIterate } from "../values/iterate.js";
import { Markup, plainText } from "../values/markup.js";
import { RunRecord } from "../values/record.js";
import { binder, REQUIRED, type Signature } from "../values/signature.js";
import { str } from "../values/text.js";
import { Callable, isInt, isPyNumber, type Py, Undefined } from "../values/values.js";
import type { Lookup, Test, Tests } from "./filter.js";

const test = (
  names: string,
  run: (value: Py, ...values: Py[]) => boolean,
  signature: Signature = {},
): (readonly [string, Test])[] =>
  names.split(" ").map((name) => {
    const bound = binder(name, signature);
    return [name, (value, args) => run(value, ...bound(args))];
  });

const other: Signature = { other: REQUIRED };

const remainder = (value: Py, divisor: Py): Py => arithmetic("%", value, divisor);

/** Python's `is`: the same object. Equal small integers, and equal strings of one template, are the same object. */
const identical = (value: Py, wanted: Py): boolean => {
  if (value instanceof Float || wanted instanceof Float) return value === wanted;
  return value === wanted || (typeof value === "bigint" && value === wanted);
};

const isSequence = (value: Py): boolean => {
  if (typeof value === "string" || Array.isArray(value)) return true;
  const kinds = [Tuple, Dict, Range, Markup, RunRecord, Undefined];
  if (value instanceof Undefined) value.lenient();
  return kinds.some((kind) => value instanceof kind);
};

const isIterable = (value: Py): boolean => {
  if (value instanceof Undefined) value.lenient();
  return value instanceof Iterator || tryIterate(value) !== undefined;
};

export const testsWith = (lookup: Lookup): Tests => [
  ...test("defined", (value) => !(value instanceof Undefined)),
  ...test("undefined", (value) => value instanceof Undefined),
  ...test("none", (value) => value === null),
  ...test("boolean", (value) => typeof value === "boolean"),
  ...test("true", (value) => value === true),
  ...test("false", (value) => value === false),
  ...test("integer", isInt),
  ...test("float", (value) => value instanceof Float),
  ...test("number", isPyNumber),
  ...test("string", (value) => plainText(value) !== undefined),
  ...test("mapping", (value) => value instanceof Dict),
  ...test("sequence", isSequence),
  ...test("iterable", isIterable),
  ...test("callable", (value) => value instanceof Callable || value instanceof Undefined),
  ...test("escaped", (value) => value instanceof Markup),
  ...test("odd", (value) => equal(remainder(value, 2), 1)),
  ...test("even", (value) => equal(remainder(value, 2), 0)),
  ...test("divisibleby", (value, num) => equal(remainder(value, num), 0), { num: REQUIRED }),
  ...test("lower", (value) => isOfCase(str(value), "lower")),
  ...test("upper", (value) => isOfCase(str(value), "upper")),
  ...test("in", (value, seq) => contains(seq, value), { seq: REQUIRED }),
  ...test("sameas", identical, other),
  ...test("== eq equalto", equal, other),
  ...test("!= ne", (value, wanted) => !equal(value, wanted), other),
  ...test("> gt greaterthan", (value, wanted) => ordered(">", value, wanted), other),
  ...test("ge >=", (value, wanted) => ordered(">=", value, wanted), other),
  ...test("< lt lessthan", (value, wanted) => ordered("<", value, wanted), other),
  ...test("<= le", (value, wanted) => ordered("<=", value, wanted), other),
  ...test("filter", (value) => lookup.filter(plainText(value) ?? "") !== undefined),
  ...test("test", (value) => lookup.test(plainText(value) ?? "") !== undefined),
];
