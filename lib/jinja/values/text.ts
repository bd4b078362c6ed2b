/** Python's str() and repr(). */
import { Float, floatText } from "../../plan/values.js";
import { boundedLength, boundedText, spend } from "../limits.js";
import { isPrintable } from "../unicode/properties.js";
import { intText } from "./numbers.js";
import { isInt, type Py } from "./values.js";

export const str = (value: Py): string => {
  if (typeof value === "string") return value;
  if (value === null || typeof value === "boolean" || isInt(value) || value instanceof Float) return repr(value);
  return Array.isArray(value) ? repr(value) : value.str();
};

export const repr = (value: Py): string => {
  if (typeof value === "string") return quoted(value);
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  if (typeof value === "bigint") return intText(value);
  if (value instanceof Float) return floatText(value.valueOf());
  return Array.isArray(value) ? `[${reprItems(value)}]` : value.repr();
};

export const reprItems = (items: readonly Py[]): string => {
  spend(items.length);
  let text = "";
  for (const item of items) {
    text += `${text === "" ? "" : ", "}${repr(item)}`;
    boundedLength(text.length);
  }
  return boundedText(text);
};

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

const quoted = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/[^ -[\]-~]/gu, (character) => {
    if (character > "\x7f" && isPrintable(character)) return character;
    const short = ESCAPES[character];
    if (short !== undefined) return short;
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
    if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
    return `\\U${code.toString(16).padStart(8, "0")}`;
  });
  return `${quote}${body.replaceAll(quote, `\\${quote}`)}${quote}`;
};

export const SURROGATES = /[\ud800-\udfff]/;

/** The characters of a text as Python counts them: the string itself if each code unit is a character, else an array. */
export const characters = (text: string): string | readonly string[] =>
  SURROGATES.test(text) ? Array.from(text) : text;

export const lengthOf = (text: string): number => characters(text).length;
