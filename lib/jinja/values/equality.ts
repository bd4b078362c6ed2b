/** Equality and dictionary keys, by Python's rules. */
import { Float } from "../../plan/values.js";
import { spend } from "../limits.js";
import { fail } from "../problem.js";
import { Markup } from "./markup.js";
import { isPyNumber, type Numeric, type Py, Undefined } from "./values.js";

/** The key of a value in a dict's JavaScript map: the same for equal values, such as 1, 1.0 and True. */
export const keyOf = (value: Py): unknown => {
  if (typeof value === "boolean") return Number(value);
  if (value instanceof Float) {
    const number = value.valueOf();
    return Number.isInteger(number) && !Number.isSafeInteger(number) ? BigInt(number) : number;
  }
  if (Array.isArray(value)) return fail("unhashable type: 'list'");
  if (value === null || typeof value !== "object") return value;
  return value.hash() ?? fail(`unhashable type: '${value.type}'`);
};

export const equal = (left: Py, right: Py): boolean => {
  if (isPyNumber(left)) {
    if (right instanceof Undefined) right.lenient();
    return isPyNumber(right) && sameNumber(left, right);
  }
  if (left instanceof Undefined || right instanceof Undefined)
    return left instanceof Undefined ? left.same(right) : right instanceof Undefined && right.same(left);
  if (Array.isArray(left)) return Array.isArray(right) && (left === right || sameItems(left, right));
  if (left !== null && typeof left === "object") return left.same(right);
  return left === right || (right instanceof Markup && right.same(left));
};

export const sameNumber = (left: Numeric, right: Numeric): boolean => plainNumber(left) == plainNumber(right);

/** A value for JavaScript's comparisons, which are exact between numbers and bigints. */
export const plainNumber = (value: Numeric): number | bigint => (typeof value === "bigint" ? value : Number(value));

export const sameItems = (left: readonly Py[], right: readonly Py[]): boolean => {
  spend(1);
  if (left.length !== right.length) return false;
  return left.every((item, index) => {
    const other = right[index] as Py;
    return item === other || equal(item, other);
  });
};
