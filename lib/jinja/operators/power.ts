/** The power of floats, rounded as Python's C library rounds it unless that takes too long. */
import { fail } from "../problem.js";

export const power = (base: number, exponent: number): number => {
  if (base === 0 && exponent < 0) return fail("0.0 cannot be raised to a negative power");
  if (base < 0 && Number.isFinite(base) && Number.isFinite(exponent) && !Number.isInteger(exponent))
    return fail("a negative number to a fractional power is a complex number, which templates cannot use");
  // 1 ** Infinity and 1 ** NaN are NaN in JavaScript and 1 in C.
  if (base === 1 || exponent === 0) return 1;
  if (base === -1 && !Number.isFinite(exponent) && !Number.isNaN(exponent)) return 1;
  if (exponent === 0.5 && base >= 0) return Math.sqrt(base);
  const result = base ** exponent;
  if (!Number.isFinite(result) && Number.isFinite(base) && Number.isFinite(exponent))
    return fail("(34, 'Numerical result out of range')");
  if (!Number.isFinite(base) || base === 0 || !isNormal(result)) return result;
  if (Number.isInteger(exponent) && Math.abs(exponent) <= 64)
    return exponent === 1 ? base : integerPower(base, exponent);
  return base > 0 ? powerByLogarithms(base, exponent) : result;
};

const isNormal = (number: number): boolean => Math.abs(number) > 1e-300 && Number.isFinite(number);

/** The power for an integer exponent: computes with integers and rounds once at the end. */
const integerPower = (base: number, exponent: number): number => {
  let shift = 0;
  let mantissa = base;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    shift -= 1;
  }
  const count = Math.abs(exponent);
  const top = BigInt(mantissa) ** BigInt(count);
  if (exponent > 0) return scaledBy(top, shift * count);
  const size = top < 0n ? -top : top;
  const bits = BigInt(size.toString(2).length + 70);
  const one = 1n << bits;
  const digits = (one / size) | (one % size === 0n ? 0n : 1n);
  return scaledBy(top < 0n ? -digits : digits, -Number(bits) - shift * count);
};

/** Binary digits after the point in the fixed-point numbers below. */
const PLACES = 160n;
const ONE = 1n << PLACES;

const times = (left: bigint, right: bigint): bigint => (left * right) >> PLACES;

/** The natural logarithm of a fixed-point number near 1. */
const logarithm = (number: bigint): bigint => {
  const ratio = ((number - ONE) << PLACES) / (number + ONE);
  const square = times(ratio, ratio);
  let sum = 0n;
  let power = ratio;
  for (let odd = 1n; power !== 0n && power !== -1n; odd += 2n) {
    sum += power / odd;
    power = times(power, square);
  }
  return sum * 2n;
};

const LOG_2 = logarithm(ONE * 2n);

/** A finite float as a fixed-point number, truncated after the last place. */
const fixedPoint = (number: number): bigint => {
  let shift = 0n;
  let mantissa = number;
  for (; !Number.isInteger(mantissa); shift++) mantissa *= 2;
  return (BigInt(mantissa) << PLACES) >> shift;
};

/** Computes by logarithms, with three times a float's digits, so that the one rounding at the end is nearly always right. */
const powerByLogarithms = (base: number, exponent: number): number => {
  const twos = Math.round(Math.log2(base));
  // Scales in two steps: a power of two loses no digits, but the whole power in one step could overflow.
  const near = base * 2 ** -Math.trunc(twos / 2) * 2 ** -(twos - Math.trunc(twos / 2));
  const log = times(logarithm(fixedPoint(near)) + BigInt(twos) * LOG_2, fixedPoint(exponent));
  const whole = log / LOG_2;
  const rest = log - whole * LOG_2;
  let sum = ONE;
  let term = ONE;
  for (let step = 1n; term !== 0n && term !== -1n; step++) {
    term = times(term, rest) / step;
    sum += term;
  }
  return scaledBy(sum, Number(whole - PLACES));
};

/** `digits * 2 ** shift` for a normal result: scaling by powers of two loses no digits. */
const scaledBy = (digits: bigint, shift: number): number => {
  const extra = Math.max(0, (digits < 0n ? -digits : digits).toString(2).length - 1000);
  const cut = BigInt(extra);
  const head = extra === 0 ? digits : (digits >> cut) | 1n;
  let number = Number(head);
  let left = shift + extra;
  while (left !== 0) {
    const step = Math.max(-900, Math.min(900, left));
    number *= 2 ** step;
    left -= step;
  }
  return number;
};
