/** Warns about values that are read otherwise than they look, and comments that were meant as text. */
import type { Scalar } from "yaml";
import { isNumeric, type Value } from "../../plan/values.js";
import type { AddFinding, Findings } from "../findings.js";
import { pageAt } from "../findings.js";
import type { Source, Spot } from "../source.js";
import { base60, isBase60, isOctal, isTextNumber } from "./resolve.js";

/** Looks at a plain scalar. In variables any kind of value may be meant; elsewhere the schema knows what is expected. */
export type PitfallCheck = (node: Scalar, text: string, value: Value, inVariables: boolean) => void;

export const pitfallCheck = (source: Source, found: Findings): PitfallCheck => {
  // In 10,000 runs the same trap is told once for each way in which it is written.
  const reported = new Set<string>();
  const once = (tell: AddFinding, code: string, text: string, message: string, spot: Spot): void => {
    const key = `${code} ${text}`;
    if (reported.has(key)) return;
    reported.add(key);
    tell(code, message, spot);
  };
  return (node, text, value, inVariables) => {
    const [start = 0, end = 0, next = 0] = node.range ?? [];
    if (typeof value === "string" && node.comment != null)
      checkComment(text, source.text.slice(end, next), source.spot(end));
    if (isBase60(text)) {
      const message = `\`${text}\` is read as the text that it is; the Python tool reads it as the number ${base60(text)}`;
      once(found.note, "base-60", text, message, { ...source.spot(start), see: pageAt("variables") });
    } else if (isOctal(text) && isNumeric(value)) {
      const message = `\`${text}\` is read as the number ${String(value)}, to the base 8; write ${String(value)}, or put it in quotes`;
      once(found.warning, "octal", text, message, source.spot(start));
    } else if (inVariables && typeof value === "boolean" && /^(?:yes|no|on|off)$/i.test(text)) {
      const message = `\`${text}\` is read as ${String(value)} and prints ${value ? "True" : "False"}; if the word is meant, put it in quotes`;
      once(found.note, "boolean-word", text, message, source.spot(start));
    } else if (inVariables && isTextNumber(text)) {
      const message = `\`${text}\` is read as text, not as a number; to calculate with it write ${asNumber(text)}`;
      once(found.note, "text-number", text, message, source.spot(start));
    }
  };

  /** A comment right behind a text, as in `echo a #b`, or in the middle of quotes, is probably no comment. */
  function checkComment(text: string, rest: string, spot: Spot): void {
    const odd = text.split('"').length % 2 === 0 || (text.split("'").length % 2 === 0 && !/\w'\w/.test(text));
    if (!odd && !/^[ \t]+#[^\s#!]/.test(rest)) return;
    const comment = rest.trim().split("\n")[0] ?? "";
    const message = `the text ends before \`${comment}\`, which is a comment; if it belongs to the text, put all of it in quotes`;
    found.warning("comment-cut", message, { ...spot, ...(spot.column && { column: spot.column + rest.search(/#/) }) });
  }
};

/** A way to write it that is read as a number. */
const asNumber = (text: string): string => {
  const [mantissa = "", exponent] = text.toLowerCase().split("e");
  if (exponent === undefined) return String(Number(text));
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}e${/^[-+]/.test(exponent) ? exponent : `+${exponent}`}`;
};
