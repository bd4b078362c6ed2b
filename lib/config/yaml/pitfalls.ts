/** Warns about values that look different from what YAML reads, and about comments that cut off a string. */
import type { Scalar } from "yaml";
import { isNumeric, type Value } from "../../plan/values.js";
import type { AddFinding, Findings } from "../findings.js";
import { pageAt } from "../findings.js";
import type { Source, Spot } from "../source.js";
import { base60, isBase60, isOctal, isTextNumber } from "./resolve.js";

/** Checks a plain scalar. A variable may be of any type, so its value gets more notes; elsewhere the schema decides. */
export type PitfallCheck = (node: Scalar, text: string, value: Value, inVariables: boolean) => void;

export const pitfallCheck = (source: Source, found: Findings): PitfallCheck => {
  // A pitfall that 10,000 runs share is reported once for each spelling.
  const reported = new Set<string>();
  const once = (add: AddFinding, code: string, text: string, message: string, spot: Spot): void => {
    const key = `${code} ${text}`;
    if (reported.has(key)) return;
    reported.add(key);
    add(code, message, spot);
  };
  return (node, text, value, inVariables) => {
    const [start = 0, end = 0, next = 0] = node.range ?? [];
    if (typeof value === "string" && node.comment != null)
      checkComment(text, source.text.slice(end, next), source.spot(end));
    if (isBase60(text)) {
      const message = `\`${text}\` is read as a string; the Python tool reads it as the number ${base60(text)}`;
      once(found.note, "base-60", text, message, { ...source.spot(start), see: pageAt("variables") });
    } else if (isOctal(text) && isNumeric(value)) {
      const message = `\`${text}\` is read as an octal number, ${String(value)}; write ${String(value)}, or put it in quotes`;
      once(found.warning, "octal", text, message, source.spot(start));
    } else if (inVariables && typeof value === "boolean" && /^(?:yes|no|on|off)$/i.test(text)) {
      const message = `\`${text}\` is read as ${String(value)} and prints as ${value ? "True" : "False"}; to keep the word, put it in quotes`;
      once(found.note, "boolean-word", text, message, source.spot(start));
    } else if (inVariables && isTextNumber(text)) {
      const message = `\`${text}\` is read as a string, not as a number; to calculate with it, write ${asNumber(text)}`;
      once(found.note, "text-number", text, message, source.spot(start));
    }
  };

  /** Reports a `#` that the user probably did not mean as a comment: as in `echo a #b`, or inside quotes. */
  function checkComment(text: string, rest: string, spot: Spot): void {
    const cutsQuotes = text.split('"').length % 2 === 0 || (text.split("'").length % 2 === 0 && !/\w'\w/.test(text));
    if (!cutsQuotes && !/^[ \t]+#[^\s#!]/.test(rest)) return;
    const comment = rest.trim().split("\n")[0] ?? "";
    const message = `the string ends before \`${comment}\`, which is read as a comment; to include it, put the whole string in quotes`;
    found.warning("comment-cut", message, { ...spot, ...(spot.column && { column: spot.column + rest.search(/#/) }) });
  }
};

/** A spelling of the same number that YAML 1.1 reads as a number. */
const asNumber = (text: string): string => {
  const [mantissa = "", exponent] = text.toLowerCase().split("e");
  if (exponent === undefined) return String(Number(text));
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}e${/^[-+]/.test(exponent) ? exponent : `+${exponent}`}`;
};
