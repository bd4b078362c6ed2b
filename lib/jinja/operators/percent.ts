/** `format % values`: Python's printf-like formatting of strings. */
import { Float } from "../../plan/values.js";
import { formatFloat } from "../format/number-format.js";
import { boundedLength, boundedText } from "../limits.js";
import { fail } from "../problem.js";
import { Dict, Tuple } from "../values/containers.js";
import { Markup } from "../values/markup.js";
import { big, float, intText, toInteger, truncated } from "../values/numbers.js";
import { characters, lengthOf, repr, str } from "../values/text.js";
import { isIntLike, isPyNumber, type Py, PyObject, typeName, Undefined } from "../values/values.js";

const DIRECTIVE = /%(?:\(([^)]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?[hlL]?(.)?/gsu;

export const percentFormat = (format: string, values: Py): string => {
  const args = new FormatArguments(values);
  let text = "";
  let end = 0;
  for (const match of format.matchAll(DIRECTIVE)) {
    text += format.slice(end, match.index) + convert(match, args);
    boundedLength(text.length);
    end = match.index + match[0].length;
  }
  args.finish();
  return boundedText(text + format.slice(end));
};

const convert = ([, key, flags = "", width, precision, letter]: RegExpMatchArray, args: FormatArguments): string => {
  if (letter === undefined) return fail("incomplete format");
  const directive = directiveOf(flags, width, precision, letter, args);
  if (letter === "%") return "%";
  return formatDirective(directive, key === undefined ? args.next() : args.named(key));
};

/** The values on the right side of `%`: the items of a tuple, or else one value. */
class FormatArguments {
  #taken = 0;
  #named = false;
  constructor(readonly values: Py) {}
  next(): Py {
    const items = this.values instanceof Tuple ? this.values.items : [this.values];
    const value = this.#named ? undefined : items[this.#taken++];
    return value === undefined ? fail("not enough arguments for format string") : value;
  }
  named(key: string): Py {
    if (!(this.values instanceof Dict)) return fail("format requires a mapping");
    this.#named = true;
    const value = this.values.get(key);
    return value === undefined ? fail(repr(key)) : value;
  }
  finish(): void {
    const { values } = this;
    // Python takes every value that allows `value[key]` for a mapping, and a mapping may stay unused.
    if (Array.isArray(values) || values instanceof Dict || values instanceof Undefined || this.#named) return;
    if (values instanceof PyObject && values.type === "range") return;
    const count = values instanceof Tuple ? values.items.length : 1;
    if (this.#taken < count) fail("not all arguments converted during string formatting");
  }
}

interface Directive {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly letter: string;
}

const directiveOf = (
  flags: string,
  width: string | undefined,
  precision: string | undefined,
  letter: string,
  args: FormatArguments,
): Directive => {
  const star = (text: string): number => (text === "*" ? starArgument(args.next()) : Number(text));
  const signedWidth = width === undefined ? 0 : star(width);
  const digits = precision === undefined ? undefined : Math.max(0, star(precision));
  const allFlags = signedWidth < 0 ? `${flags}-` : flags;
  return { flags: allFlags, width: boundedLength(Math.abs(signedWidth)), precision: digits, letter };
};

const starArgument = (value: Py): number => (isIntLike(value) ? toInteger(value) : fail("* wants int"));

const formatDirective = (directive: Directive, value: Py): string => {
  const { letter, precision } = directive;
  if (letter === "s" || letter === "r" || letter === "a" || letter === "c") {
    const text =
      letter === "s"
        ? str(value)
        : letter === "c"
          ? character(value)
          : letter === "a"
            ? ascii(repr(value))
            : repr(value);
    return padded(
      precision === undefined || letter === "c" ? text : firstCharacters(text, precision),
      "",
      directive,
      false,
    );
  }
  const number = "diuoxX".includes(letter)
    ? integerText(directive, value)
    : "eEfFgG".includes(letter)
      ? floatingText(directive, value)
      : undefined;
  if (number === undefined)
    return fail(`unsupported format character '${letter}' (0x${(letter.codePointAt(0) ?? 0).toString(16)})`);
  const negative = number.startsWith("-");
  const sign = negative ? "-" : directive.flags.includes("+") ? "+" : directive.flags.includes(" ") ? " " : "";
  const body = negative ? number.slice(1) : number;
  const prefix = "oxX".includes(letter) && directive.flags.includes("#") ? body.slice(0, 2) : "";
  return padded(body.slice(prefix.length), sign + prefix, directive, directive.flags.includes("0"));
};

const padded = (text: string, head: string, { flags, width }: Directive, zeros: boolean): string => {
  const missing = Math.max(0, width - lengthOf(text) - head.length);
  if (flags.includes("-")) return head + text + " ".repeat(missing);
  return zeros ? head + "0".repeat(missing) + text : " ".repeat(missing) + head + text;
};

const firstCharacters = (text: string, length: number): string => {
  const all = characters(text);
  return typeof all === "string" ? all.slice(0, length) : all.slice(0, length).join("");
};

const integerText = ({ letter, precision = 0, flags }: Directive, value: Py): string => {
  if (value instanceof Undefined) return value.refuse();
  if (!isPyNumber(value)) {
    const wanted = "diu".includes(letter) ? "a real number is required" : "an integer is required";
    return fail(`%${letter} format: ${wanted}, not ${typeName(value)}`);
  }
  if (value instanceof Float && "oxX".includes(letter))
    return fail(`%${letter} format: an integer is required, not float`);
  const number = value instanceof Float ? truncated(value.valueOf()) : value;
  const radix = letter === "o" ? 8 : letter === "x" || letter === "X" ? 16 : 10;
  const digits = radix === 10 ? intText(number) : big(number).toString(radix);
  const negative = digits.startsWith("-");
  const body = (negative ? digits.slice(1) : digits).padStart(boundedLength(precision), "0");
  const prefix = radix !== 10 && flags.includes("#") ? `0${letter === "X" ? "x" : letter}` : "";
  const text = `${negative ? "-" : ""}${prefix}${body}`;
  return letter === "X" ? text.toUpperCase() : text;
};

const floatingText = ({ letter, precision = 6, flags }: Directive, value: Py): string => {
  if (value instanceof Undefined) return value.refuse();
  if (!isPyNumber(value)) return fail(`must be real number, not ${typeName(value)}`);
  return formatFloat(float(value), { letter, precision, alternate: flags.includes("#") });
};

const character = (value: Py): string => {
  if (isIntLike(value)) {
    const code = Number(value);
    return code >= 0 && code < 0x110000 ? String.fromCodePoint(code) : fail("%c arg not in range(0x110000)");
  }
  const text = value instanceof Markup ? value.text : value;
  return typeof text === "string" && lengthOf(text) === 1 ? text : fail("%c requires int or char");
};

const ascii = (text: string): string =>
  text.replace(/[^\0-\x7f]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x100) return `\\x${code.toString(16)}`;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
  });
