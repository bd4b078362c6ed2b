/** Attributes and methods of ints and floats. */
import { big, boxed } from "../values/numbers.js";
import { type Int, isInt, type Py } from "../values/values.js";
import { type Methods, method, property } from "./method.js";

const intOf = (self: boolean | Int): Int => (isInt(self) ? self : Number(self));

export const INT: Methods<boolean | Int> = new Map([
  property("real", intOf),
  property("numerator", intOf),
  property("imag", (): Py => 0),
  property("denominator", (): Py => 1),
  method("conjugate", {}, intOf),
  method("bit_length", {}, (self: boolean | Int) => bits(self).length),
  method("bit_count", {}, (self: boolean | Int) => bits(self).replaceAll("0", "").length),
]);

const bits = (self: boolean | Int): string => {
  const number = big(self);
  return number === 0n ? "" : (number < 0n ? -number : number).toString(2);
};

export const FLOAT: Methods<number> = new Map([
  property("real", (self: number): Py => boxed(self)),
  property("imag", (): Py => boxed(0)),
  method("conjugate", {}, (self: number) => boxed(self)),
  method("is_integer", {}, (self: number) => Number.isInteger(self)),
]);
