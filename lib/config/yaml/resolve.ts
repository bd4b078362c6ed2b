/**
 * Reads plain scalars (those without quotes) as PyYAML 6 does: with its implicit resolvers for YAML 1.1, in its order.
 * https://github.com/yaml/pyyaml/blob/6.0.3/lib/yaml/resolver.py, constructor.py
 */
import { Float, Timestamp, type Value } from "../../plan/values.js";

/** The value of a plain scalar. Throws a `RangeError` with a message for the user if PyYAML refuses the scalar. */
export const readScalar = (text: string): Value => {
  // Most scalars are words. Other values start with one of these characters (as in PyYAML's own table).
  if (!/^(?:[-+.0-9~=<yYnNtTfFoO]|$)/.test(text)) return text;
  if (NULL.test(text)) return null;
  if (BOOLEAN.test(text)) return /^(?:yes|true|on)$/i.test(text);
  if (isBase60(text)) return text;
  if (FLOAT.test(text)) return new Float(floatIn(text));
  if (INTEGER.test(text)) return integerIn(text);
  if (TIMESTAMP.test(text)) return timestampIn(text);
  if (text === "=" || text === "<<") throw new RangeError(`\`${text}\` cannot be a value; put it in quotes`);
  return text;
};

/** The value of a text with an explicit tag such as `!!float`. Throws a `RangeError` if the tag does not fit. */
export const readTagged = (tag: string, text: string): Value => {
  const kind = tag.replace(/^tag:yaml\.org,2002:/, "");
  if (kind === "str" || tag === "!") return text;
  const value = readScalar(text);
  if (kind === "null" && value === null) return null;
  if (kind === "bool" && typeof value === "boolean") return value;
  if (kind === "int" && (typeof value === "number" || typeof value === "bigint")) return value;
  if (kind === "float" && (typeof value === "number" || value instanceof Float)) return new Float(Number(value));
  if (kind === "float" && typeof value === "string" && DECIMAL.test(value)) return new Float(Number(value));
  if (kind === "timestamp" && value instanceof Timestamp) return value;
  throw new RangeError(
    KINDS.has(kind)
      ? `\`${text}\` cannot be read as ${kind}`
      : `the tag ${tag.startsWith("!") ? tag : `!!${kind}`} is not supported`,
  );
};

/** Whether PyYAML reads the text as a number in base 60. In this program it stays a string: the only difference. */
export const isBase60 = (text: string): boolean =>
  /^[-+]?(?:[1-9][0-9_]*(?::[0-5]?[0-9])+|[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*)$/.test(text);

/** The number that PyYAML reads from a text in base 60. */
export const base60 = (text: string): number => {
  const size = text
    .replace(/[-+_]/g, "")
    .split(":")
    .reduce((sum, digits) => sum * 60 + Number(digits), 0);
  return text.startsWith("-") ? -size : size;
};

/** Whether a text looks like a number although PyYAML reads it as a string: `1e3`, `08`. */
export const isTextNumber = (text: string): boolean => DECIMAL.test(text) && typeof readScalar(text) === "string";

/** Whether PyYAML reads the text as an octal number, such as `010`. */
export const isOctal = (text: string): boolean => /^[-+]?0[0-7_]*[1-7][0-7_]*$/.test(text);

const DECIMAL = /^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/;
const NULL = /^(?:~|null|Null|NULL|)$/;
const BOOLEAN = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const INTEGER = /^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$/;
const TIMESTAMP =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}$|^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?$/;
const KINDS = new Set(["null", "bool", "int", "float", "timestamp"]);

const floatIn = (text: string): number => {
  const plain = text.replaceAll("_", "").toLowerCase();
  if (plain.endsWith("nan")) return Number.NaN;
  if (plain.endsWith("inf")) return plain.startsWith("-") ? -Infinity : Infinity;
  return Number(plain);
};

const integerIn = (text: string): number | bigint => {
  const digits = text.replace(/[-+_]/g, "");
  // JavaScript writes 0o10 where YAML 1.1 writes 010.
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  if (/^0[bx]$/.test(digits)) throw new RangeError(`\`${text}\` is not a number`);
  const size = BigInt(octal);
  const value = text.startsWith("-") ? -size : size;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

const timestampIn = (text: string): Timestamp => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (text.match(/[0-9]+/g) ?? []).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!exists || (/:/.test(text) && (hour > 23 || minute > 59 || second > 59)))
    throw new RangeError(`the date \`${text}\` does not exist; if you mean a string, put it in quotes`);
  return new Timestamp(text);
};
