/** Floats in the formats `e f g %`, which both of Python's format languages share. */
import { floatText } from "../../plan/values.js";
import { fail } from "../problem.js";
import { exponential, fixed, general } from "../values/digits.js";

export interface FloatFormat {
  readonly letter: string;
  readonly precision: number;
  /** The flag `#`: keeps the point and the zeros after it. */
  readonly alternate: boolean;
}

const MAX_DIGITS = 5000;

/** Formats a float, with its minus sign if it is negative; `letter` is one of e E f F g G %. */
export const formatFloat = (number: number, { letter, precision, alternate }: FloatFormat): string => {
  if (precision > MAX_DIGITS) fail(`the format asks for more than ${MAX_DIGITS} digits`);
  const kind = letter.toLowerCase();
  const negative = number < 0 || Object.is(number, -0);
  const scaled = kind === "%" ? number * 100 : number;
  const text = Number.isFinite(scaled)
    ? digits(Math.abs(scaled), kind, precision, alternate)
    : floatText(Math.abs(scaled));
  const signed = `${negative ? "-" : ""}${text}${kind === "%" ? "%" : ""}`;
  return letter === kind ? signed : signed.toUpperCase();
};

const digits = (size: number, kind: string, precision: number, alternate: boolean): string => {
  if (kind === "g") return withPoint(general(size, precision, alternate), alternate);
  const text = kind === "e" ? exponential(size, precision) : fixed(size, precision);
  return precision === 0 ? withPoint(text, alternate) : text;
};

const withPoint = (text: string, wanted: boolean): string =>
  wanted && !text.includes(".") ? text.replace(/^\d+/, (head) => `${head}.`) : text;
