/** The Liquid filters that the field needs beside Liquid's own. */
import { Float, floatText, isNumeric, Timestamp } from "../values.js";

/** `{{ 7 | pad: 3 }}` is `007`, `{{ "x" | pad: 3, " " }}` is two spaces and `x`. A sign stays in front. */
export const pad = (value: unknown, width: unknown, fill: unknown = "0"): string => {
  const text = String(value);
  const sign = isNumeric(value) && text.startsWith("-") ? "-" : "";
  return sign + text.slice(sign.length).padStart(Number(width) - sign.length, String(fill));
};

/** `.true.` or `.false.`, as Fortran writes them. */
export const fortran_bool = (value: unknown): string => (value === true ? ".true." : ".false.");

/**
 * A value as a Fortran namelist reads it: text in single quotes (one inside is doubled), `.true.` and `.false.`,
 * double precision for floats (`20.0d0`, `1d-05`), lists with commas.
 */
export const nml = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(nml).join(", ");
  if (typeof value === "boolean") return fortran_bool(value);
  if (value instanceof Float) {
    const text = floatText(value.valueOf());
    return text.includes("e") ? text.replace("e", "d") : `${text}d0`;
  }
  if (isNumeric(value)) return String(value);
  if (value instanceof Timestamp || typeof value === "string") return `'${String(value).replaceAll("'", "''")}'`;
  return "";
};
