/** A float to the power of a float, rounded as the C library of Python rounds it where that is affordable. */
import { fail } from "./problem.js";

export const power = (base: number, exponent: number): number => {
  if (base === 0 && exponent < 0) return fail("0.0 cannot be raised to a negative power");
  if (base < 0 && Number.isFinite(base) && Number.isFinite(exponent) && !Number.isInteger(exponent))
    return fail("a negative number to a broken power is a complex number, which templates cannot use");
  // JavaScript says NaN for 1 ** Infinity and 1 ** NaN, C says 1.
  if (base === 1 || exponent === 0) return 1;
  if (base === -1 && !Number.isFinite(exponent) && !Number.isNaN(exponent)) return 1;
  if (exponent === 0.5 && base >= 0) return Math.sqrt(base);
  const result = base ** exponent;
  if (!Number.isFinite(result) && Number.isFinite(base) && Number.isFinite(exponent))
    return fail("(34, 'Numerical result out of range')");
  const small = Number.isInteger(exponent) && Math.abs(exponent) <= 64 && exponent !== 1;
  return small && Number.isFinite(base) && base !== 0 && isNormal(result) ? exactly(base, exponent) : result;
};

const isNormal = (number: number): boolean => Math.abs(number) > 1e-300 && Number.isFinite(number);

/** By whole numbers, rounded once at the end. */
const exactly = (base: number, exponent: number): number => {
  let shift = 0;
  let mantissa = base;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    shift -= 1;
  }
  const times = Math.abs(exponent);
  const top = BigInt(mantissa) ** BigInt(times);
  if (exponent > 0) return scaledBy(top, shift * times);
  const size = top < 0n ? -top : top;
  const bits = BigInt(size.toString(2).length + 70);
  const one = 1n << bits;
  const digits = (one / size) | (one % size === 0n ? 0n : 1n);
  return scaledBy(top < 0n ? -digits : digits, -Number(bits) - shift * times);
};

/** `digits * 2 ** shift` for a normal result: scaling by powers of two loses nothing. */
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
