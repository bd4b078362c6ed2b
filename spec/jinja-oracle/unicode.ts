/** The built-in engine's text functions over every code point, beside those of Python in `unicode_tables.py`. */
import { createHash } from "node:crypto";
import { linesOf } from "../../lib/jinja/format/strings.js";
import { startSession } from "../../lib/jinja/limits.js";
import { TEXT } from "../../lib/jinja/methods/text.js";
import { FILTERS } from "../../lib/jinja/registry.js";
import { isInName } from "../../lib/jinja/unicode/properties.js";
import { type CaseMapping, caseTable, isIn, type PointSet } from "../../lib/jinja/unicode/runs.js";
import { readFloat, readInt } from "../../lib/jinja/values/numbers.js";
import { repr, str } from "../../lib/jinja/values/text.js";
import type { Py } from "../../lib/jinja/values/values.js";
import { floatText } from "../../lib/plan/values.js";

const NOTHING = { positional: [], named: new Map<string, Py>() };

const method = (name: string) => {
  const found = TEXT.get(name);
  if (found === undefined || !("call" in found)) throw new Error(`there is no method ${name}`);
  return (text: string): Py => found.call(text, NOTHING);
};

const filter = (name: string) => {
  const found = FILTERS.get(name);
  if (found === undefined) throw new Error(`there is no filter ${name}`);
  return (value: Py): Py => found(value, NOTHING);
};

const lower = method("lower");
const isIdentifier = method("isidentifier");
const isTitle = method("istitle");
const strip = method("strip");
const split = method("split");
const number = (value: Py | undefined): Py => value ?? "-";
const lengthOf = (value: Py): number => (Array.isArray(value) ? value.length : -1);

/** The answer to each code point. `unicode_tables.py` has the same names. */
const ANSWERS: ReadonlyMap<string, (character: string) => Py> = new Map([
  ["isalpha", method("isalpha")],
  ["isdecimal", method("isdecimal")],
  ["isdigit", method("isdigit")],
  ["isnumeric", method("isnumeric")],
  ["isalnum", method("isalnum")],
  ["isspace", method("isspace")],
  ["isascii", method("isascii")],
  ["isidentifier", isIdentifier],
  ["isidentifier after a", (c) => isIdentifier(`a${c}`)],
  ["isprintable", method("isprintable")],
  ["islower", method("islower")],
  ["isupper", method("isupper")],
  ["istitle", isTitle],
  ["islower after a", (c) => method("islower")(`a${c}`)],
  ["isupper after A", (c) => method("isupper")(`A${c}`)],
  ["istitle before a", (c) => isTitle(`${c}a`)],
  ["istitle between A and a", (c) => isTitle(`A${c}a`)],
  ["upper", method("upper")],
  ["lower", lower],
  ["casefold", method("casefold")],
  ["swapcase", method("swapcase")],
  ["capitalize", method("capitalize")],
  ["capitalize after a", (c) => method("capitalize")(`a${c}`)],
  ["title", method("title")],
  ["title between a and b", (c) => method("title")(`a${c}b`)],
  ["lower before a capital sigma", (c) => lower(`${c}Σ`)],
  ["lower between A and a capital sigma", (c) => lower(`A${c}Σ`)],
  ["lower after a capital sigma", (c) => lower(`AΣ${c}`)],
  ["lower after a capital sigma, before a", (c) => lower(`AΣ${c}a`)],
  ["strip", (c) => strip(`${c}x${c}`)],
  ["split", (c) => lengthOf(split(`a${c}b`))],
  ["splitlines", (c) => linesOf(`a${c}b`).length],
  ["repr", repr],
  ["int", (c) => number(readInt(`1${c}`, 10))],
  ["int base 16", (c) => number(readInt(c, 16))],
  [
    "float",
    (c) => {
      const value = readFloat(`${c}5`);
      return value === undefined ? "-" : floatText(value);
    },
  ],
  ["the filter title", (c) => filter("title")(`a${c}b`)],
  ["the filter capitalize", filter("capitalize")],
  ["the filter wordcount", (c) => filter("wordcount")(`a${c}b`)],
  ["the filter tojson", filter("tojson")],
  ["the filter urlencode", filter("urlencode")],
  ["the filter sort", (c) => (filter("sort")(["\uff5e", c]) as Py[]).map(str).join("")],
  ["the name of a variable", isInName],
]);

/** The names of the functions. */
export const UNICODE_FUNCTIONS: readonly string[] = [...ANSWERS.keys()];

/** A function's answer to a character as a text without line breaks. */
export const unicodeAnswer = (name: string, character: string): string => {
  const value = ANSWERS.get(name)?.(character) ?? null;
  if (typeof value === "boolean") return value ? "1" : "0";
  return str(value).replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
};

type Areas = readonly (readonly [first: number, last: number])[];

/** The characters of all code points but the surrogates and the skipped areas. */
export const charactersBut = (skipped: Areas): readonly string[] => {
  const kept: string[] = [];
  const left = [...skipped, [0xd800, 0xdfff] as const].sort(([a], [b]) => a - b);
  for (let code = 0; code < 0x110000; code++) {
    if (code === left[0]?.[0]) code = left.shift()?.[1] ?? code;
    else kept.push(String.fromCodePoint(code));
  }
  return kept;
};

/** The digest of a function's answers. */
export const unicodeDigest = (name: string, characters: readonly string[]): string => {
  const hash = createHash("sha256");
  let text = "";
  for (const [index, character] of characters.entries()) {
    // The limits of one rendering are not for a million.
    if (index % 1024 === 0) {
      startSession(false);
      hash.update(text);
      text = "";
    }
    text += `${index === 0 ? "" : "\n"}${unicodeAnswer(name, character)}`;
  }
  return hash.update(text).digest("hex").slice(0, 16);
};

/** The digest of a set: a byte for every code point. */
export const setDigest = (set: PointSet): string => {
  const bytes = Buffer.alloc(0x110000);
  for (let code = 0; code < bytes.length; code++) bytes[code] = Number(isIn(set, code));
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
};

/** The digest of a mapping: each character with its text, in order. */
export const mappingDigest = (mapping: CaseMapping): string => {
  const pairs = [...caseTable(mapping)].sort(([a], [b]) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0));
  const text = pairs.map((pair) => pair.join("")).join("\n");
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
};
