/**
 * Floats as decimal digits, rounded as in C and Python: by the exact value, ties to even. JavaScript's `toFixed` and
 * `toExponential` round ties away from zero, which gives another number for `%.1f` of 0.25.
 */

/** A positive float as `mantissa * 2 ** exponent`, exactly. */
const binaryParts = (number: number): { mantissa: bigint; exponent: number } => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, number);
  const bits = view.getBigUint64(0);
  const raw = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return raw === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: raw - 1075 };
};

/** The integer nearest to `number * 10 ** places`, ties to even; `number` is positive or zero. */
export const scaled = (number: number, places: number): bigint => {
  const { mantissa, exponent } = binaryParts(number);
  let top = mantissa;
  let bottom = 1n;
  if (places >= 0) top *= 10n ** BigInt(places);
  else bottom = 10n ** BigInt(-places);
  if (exponent >= 0) top <<= BigInt(exponent);
  else bottom <<= BigInt(-exponent);
  const quotient = top / bottom;
  const twice = (top - quotient * bottom) * 2n;
  return twice > bottom || (twice === bottom && (quotient & 1n) === 1n) ? quotient + 1n : quotient;
};

/** `%.{places}f` of a positive finite number. */
export const fixed = (number: number, places: number): string => {
  const digits = scaled(number, places).toString();
  if (places <= 0) return digits;
  const padded = digits.padStart(places + 1, "0");
  return `${padded.slice(0, -places)}.${padded.slice(-places)}`;
};

/** The first `count` significant digits of a positive finite number, and its power of ten. */
const significant = (number: number, count: number): { digits: string; power: number } => {
  if (number === 0) return { digits: "0".repeat(count), power: 0 };
  let power = Number(number.toExponential().split("e")[1]);
  let digits = scaled(number, count - 1 - power).toString();
  // The estimate is one too high for numbers such as 9.999…e22, and rounding up can add a digit.
  if (digits.length < count) {
    power -= 1;
    digits = scaled(number, count - 1 - power).toString();
  }
  if (digits.length > count) {
    power += 1;
    digits = digits.slice(0, count);
  }
  return { digits, power };
};

const withExponent = (digits: string, power: number): string => {
  const sign = power < 0 ? "-" : "+";
  return `${digits.charAt(0)}${digits.length > 1 ? `.${digits.slice(1)}` : ""}e${sign}${String(Math.abs(power)).padStart(2, "0")}`;
};

/** `%.{places}e` of a positive finite number. */
export const exponential = (number: number, places: number): string => {
  const { digits, power } = significant(number, places + 1);
  return withExponent(digits, power);
};

/**
 * `%.{precision}g` of a positive finite number; `keepZeros` is the flag `#`. `early` is 1 for Python's `str.format` of a
 * float without a type letter, which switches to an exponent one power earlier.
 */
export const general = (number: number, precision: number, keepZeros: boolean, early = 0): string => {
  const count = Math.max(1, precision);
  const { digits, power } = significant(number, count);
  const kept = keepZeros ? digits : digits.replace(/0+$/, "") || "0";
  if (power < -4 || power >= count - early) return withExponent(kept, power);
  if (power < 0) return `0.${"0".repeat(-power - 1)}${kept}`;
  const before = kept.slice(0, power + 1).padEnd(power + 1, "0");
  const after = kept.slice(power + 1);
  return after === "" ? before : `${before}.${after}`;
};

/** Python's round(number, places) for a float of any sign. */
export const rounded = (number: number, places: number): number => {
  if (!Number.isFinite(number) || number === 0 || places > 323) return number;
  if (places < -308) return number < 0 ? -0 : 0;
  const digits = scaled(Math.abs(number), places);
  const size = Number(`${digits}e${-places}`);
  return number < 0 ? -size : size;
};
