/** The plain value that the schema checks. */
import { Float, isVariables, Timestamp, type Value } from "../../plan/values.js";

/** The value as the schema knows it: plain numbers. The inside of variables stays as it is: nobody looks at it. */
export const toPlain = (value: Value): unknown => {
  if (value instanceof Float || typeof value === "bigint") return Number(value);
  // A date is nothing that the schema expects anywhere.
  if (value instanceof Timestamp) return Symbol(value.text);
  if (Array.isArray(value)) return (value as readonly Value[]).map(toPlain);
  if (!isVariables(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, key === "vars" || key === "runs" ? part : toPlain(part)]),
  );
};
