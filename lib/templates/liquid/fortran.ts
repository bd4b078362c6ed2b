/** Values in Fortran's notation, for namelists. */
import { Float, floatText, isNumeric, Timestamp } from "../../plan/values.js";

/** `.true.` or `.false.`, for a boolean or for 0 or 1. Throws a `RangeError` for anything else. */
export const fortranBool = (value: unknown): string => {
  if (value === true || (isNumeric(value) && Number(value) === 1)) return ".true.";
  if (value === false || (isNumeric(value) && Number(value) === 0)) return ".false.";
  throw new RangeError(`fortran_bool takes true or false, not ${describeValue(value)}`);
};

/**
 * A namelist value: text in single quotes, with quotes in the text doubled; `.true.` and `.false.`; a float in double
 * precision (`20.0d0`, `1.0d-5`); an integer unchanged; the values of a list with commas between them; nothing for null,
 * because Fortran then keeps the variable's value. Throws a `RangeError` for a value that a namelist cannot hold.
 */
export const namelistValue = (value: unknown): string => {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return fortranBool(value);
  if (typeof value === "bigint") return String(value);
  if (value instanceof Float) return doublePrecision(value.valueOf());
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : doublePrecision(value);
  if (value instanceof Timestamp) return quoted(value.text);
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return value.map((item) => namelistValue(item)).join(", ");
  throw new RangeError("nml takes a single value or a list, not a mapping");
};

const doublePrecision = (number: number): string => {
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "Infinity" : "-Infinity";
  const [mantissa = "", exponent = "0"] = floatText(number).split("e");
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}d${String(Number(exponent))}`;
};

const quoted = (text: string): string => {
  if (/[\r\n]/.test(text)) throw new RangeError(`nml takes text of one line, not ${describeValue(text)}`);
  return `'${text.replaceAll("'", "''")}'`;
};

/** A value for a message, shortened to 60 characters. */
export const describeValue = (value: unknown): string => {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};
