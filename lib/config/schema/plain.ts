/** Turns the values of a configuration into the plain JavaScript values that the schema checks. */
import { Float, isVariables, Timestamp, type Value } from "../../plan/values.js";

/** Makes all numbers plain, except in variables, since the schema does not look inside them. */
export const toPlain = (value: Value): unknown => {
  if (value instanceof Float || typeof value === "bigint") return Number(value);
  // The schema accepts no date; it refuses a symbol everywhere.
  if (value instanceof Timestamp) return Symbol(value.text);
  if (Array.isArray(value)) return (value as readonly Value[]).map(toPlain);
  if (!isVariables(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, key === "vars" || key === "runs" ? part : toPlain(part)]),
  );
};
