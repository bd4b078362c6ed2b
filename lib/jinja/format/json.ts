/** Python's json.dumps with sorted keys, for the filter `tojson`. */
import { Float, floatText } from "../../plan/values.js";
import { boundedText, spend } from "../limits.js";
import { fail } from "../problem.js";
import { sorted } from "../values/compare.js";
import { Dict, isSequence, itemsOf } from "../values/containers.js";
import { plainText } from "../values/markup.js";
import { intText, toInteger } from "../values/numbers.js";
import { isInt, type Py, typeName, Undefined } from "../values/values.js";

/** `indent` is None for one line, or a number of blanks, or the text of the indentation. */
export const toJson = (value: Py, indent: Py): string => {
  const step = indent === null ? undefined : (plainText(indent) ?? " ".repeat(Math.max(0, toInteger(indent))));
  return boundedText(dumped(value, step, ""));
};

const dumped = (value: Py, step: string | undefined, margin: string): string => {
  const text = plainText(value);
  if (text !== undefined) return quoted(text);
  if (value === null) return "null";
  if (typeof value === "boolean") return String(value);
  if (isInt(value)) return intText(value);
  if (value instanceof Float) return floating(value.valueOf());
  if (isSequence(value))
    return bracketed(
      "[",
      itemsOf(value).map((item) => dumped(item, step, inner(step, margin))),
      "]",
      step,
      margin,
    );
  if (value instanceof Dict) return bracketed("{", members(value, step, margin), "}", step, margin);
  if (value instanceof Undefined) value.lenient();
  return fail(`Object of type ${typeName(value).replace(/^.*\./, "")} is not JSON serializable`);
};

const inner = (step: string | undefined, margin: string): string => margin + (step ?? "");

const members = (dict: Dict, step: string | undefined, margin: string): string[] =>
  sorted(dict.keys(), (key) => key, false).map((key) => {
    const text = plainText(key);
    const plain = key === null || typeof key === "boolean" || isInt(key) || key instanceof Float;
    if (text === undefined && !plain) return fail(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
    return `${quoted(text ?? dumped(key, undefined, ""))}: ${dumped(dict.get(key) ?? null, step, inner(step, margin))}`;
  });

const bracketed = (
  open: string,
  parts: readonly string[],
  close: string,
  step: string | undefined,
  margin: string,
): string => {
  spend(parts.length);
  if (parts.length === 0) return open + close;
  if (step === undefined) return open + parts.join(", ") + close;
  const line = `\n${inner(step, margin)}`;
  return `${open}${line}${parts.join(`,${line}`)}\n${margin}${close}`;
};

const floating = (number: number): string => {
  if (Number.isNaN(number)) return "NaN";
  return Number.isFinite(number) ? floatText(number) : number > 0 ? "Infinity" : "-Infinity";
};

const quoted = (text: string): string =>
  JSON.stringify(text).replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
