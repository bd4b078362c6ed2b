/** The lexer: turns a template into tokens, which are the text between tags, and the words and signs inside tags. */
import { Float } from "../../plan/values.js";
import { SPACE, stripped } from "../format/strings.js";
import { fail } from "../problem.js";
import { numeral } from "../unicode/numeral.js";
import { isIdentifier, isInName } from "../unicode/properties.js";
import { classOf } from "../unicode/runs.js";
import { int } from "../values/numbers.js";
import type { Py } from "../values/values.js";
import { unescape } from "./string-literal.js";

export type TokenKind =
  | "data"
  | "print"
  | "printEnd"
  | "block"
  | "blockEnd"
  | "name"
  | "string"
  | "integer"
  | "float"
  | "operator"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  /** The text of data, a name or an operator; any other token as written. */
  readonly text: string;
  /** The value of a string or number. */
  readonly value: Py;
  readonly at: number;
}

/** The text as Jinja2 reads it: every line break is a line feed, and one at the end of the text is dropped. */
export const normalized = (text: string): string => {
  const lines = text.replace(/\r\n?/g, "\n");
  return lines.endsWith("\n") ? lines.slice(0, -1) : lines;
};

export const tokenize = (source: string): Token[] => new Lexer(source).tokens();

const OPEN = /\{([{%#])([-+]?)/g;
const RAW = new RegExp(`\\{%[-+]?[${SPACE}]*raw[${SPACE}]*-?%\\}`, "y");
const END_RAW = new RegExp(`\\{%([-+]?)[${SPACE}]*endraw[${SPACE}]*([-+]?)%\\}`, "g");
const END_COMMENT = /([-+]?)#\}/g;
const BLANKS = new RegExp(`[${SPACE}]*`, "y");
/** Jinja2's patterns, with the digits of all scripts for `\\d`. */
const withDigits = (pattern: string): RegExp => new RegExp(pattern.replaceAll("D", classOf("decimal")), "iuy");
const FLOAT = withDigits("(?:[D]+_)*[D]+(?:(?:\\.(?:[D]+_)*[D]+)?e[+-]?(?:[D]+_)*[D]+|\\.(?:[D]+_)*[D]+)");
const INTEGER = withDigits("0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[Da-f])+|[1-9](?:_?[D])*|0(?:_?0)*");
const STRING = /'[^'\\]*(?:\\[^][^'\\]*)*'|"[^"\\]*(?:\\[^][^"\\]*)*"/y;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;
const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

class Lexer {
  readonly #tokens: Token[] = [];
  #offset = 0;
  constructor(readonly source: string) {}

  tokens(): Token[] {
    while (this.#offset < this.source.length) this.#nextPart();
    this.#add("end", "", this.source.length);
    return this.#tokens;
  }

  #add(kind: TokenKind, text: string, at: number, value: Py = null): void {
    this.#tokens.push({ kind, text, at, value });
  }

  #match(pattern: RegExp, at = this.#offset): RegExpExecArray | null {
    pattern.lastIndex = at;
    return pattern.exec(this.source);
  }

  #data(text: string, at: number, sign: string): void {
    const kept = sign === "-" ? stripped(text, undefined, "end") : text;
    if (kept !== "") this.#add("data", kept, at);
  }

  #skipBlanks(): void {
    this.#offset += this.#match(BLANKS)?.[0].length ?? 0;
  }

  #nextPart(): void {
    const start = this.#offset;
    const open = this.#match(OPEN);
    if (open === null) {
      this.#data(this.source.slice(start), start, "");
      this.#offset = this.source.length;
      return;
    }
    const [all, sign, strip = ""] = open;
    this.#data(this.source.slice(start, open.index), start, strip);
    const raw = sign === "%" ? this.#match(RAW, open.index) : null;
    if (raw !== null) return this.#raw(open.index, raw[0]);
    this.#offset = open.index + all.length;
    if (sign === "#") return this.#comment(open.index);
    this.#add(sign === "{" ? "print" : "block", all, open.index);
    this.#tagTokens(sign === "{" ? "}}" : "%}", open.index);
  }

  #raw(at: number, opening: string): void {
    this.#offset = at + opening.length;
    if (opening.endsWith("-%}")) this.#skipBlanks();
    const start = this.#offset;
    const end = this.#match(END_RAW) ?? fail("Missing end of raw directive", at);
    this.#data(this.source.slice(start, end.index), start, end[1] ?? "");
    this.#offset = end.index + end[0].length;
    if (end[2] === "-") this.#skipBlanks();
  }

  #comment(at: number): void {
    const end = this.#match(END_COMMENT) ?? fail("Missing end of comment tag", at);
    this.#offset = end.index + end[0].length;
    if (end[1] === "-") this.#skipBlanks();
  }

  /** The tokens of one tag up to its end. Inside brackets, `}}` and `%}` do not end it. */
  #tagTokens(ending: "}}" | "%}", opened: number): void {
    const brackets: string[] = [];
    for (;;) {
      this.#skipBlanks();
      const at = this.#offset;
      if (at >= this.source.length) return this.#unclosed(opened);
      if (brackets.length === 0) {
        const sign = this.source.startsWith(ending, at) ? "" : this.source.charAt(at);
        const closes = sign === "" || sign === "-" || (sign === "+" && ending === "%}");
        if (closes && this.source.startsWith(ending, at + sign.length)) {
          this.#add(ending === "}}" ? "printEnd" : "blockEnd", ending, at);
          this.#offset = at + sign.length + ending.length;
          if (sign === "-") this.#skipBlanks();
          return;
        }
      }
      this.#token(at, brackets);
    }
  }

  // Jinja2's parser reports this error at the end of the template; the place of the tag is more helpful.
  #unclosed(opened: number): never {
    return fail(`the tag '${this.source.slice(opened, opened + 2)}' is not closed`, opened);
  }

  #token(at: number, brackets: string[]): void {
    const float = this.source.charAt(at - 1) === "." ? null : this.#match(FLOAT);
    const [text = ""] =
      float ?? this.#match(INTEGER) ?? this.#name(at) ?? this.#match(STRING) ?? this.#match(OPERATOR) ?? [];
    const first = text.charAt(0);
    if (text === "") return fail(`unexpected char '${this.source.charAt(at)}'`, at);
    this.#offset = at + text.length;
    if (float !== null) this.#add("float", text, at, this.#float(text, at));
    else if (first === "'" || first === '"') this.#add("string", text, at, unescape(text.slice(1, -1), at));
    else if (/^\d/.test(first))
      this.#add(
        "integer",
        text,
        at,
        int(
          BigInt(
            numeral(text)
              .replaceAll("_", "")
              .replace(/^0+(?=0)/, ""),
          ),
        ),
      );
    else if (!this.#startsName(at)) this.#operator(text, at, brackets);
    else if (isIdentifier(text)) this.#add("name", text, at);
    else fail("Invalid character in identifier", at);
  }

  #float(text: string, at: number): Float {
    const number = Number(text.replaceAll("_", ""));
    return new Float(Number.isNaN(number) ? fail("Invalid character in a number", at) : number);
  }

  #startsName(at: number): boolean {
    return isInName(String.fromCodePoint(this.source.codePointAt(at) ?? 0));
  }

  #name(at: number): [string] | null {
    let end = at;
    while (end < this.source.length && this.#startsName(end))
      end += (this.source.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
    return end === at ? null : [this.source.slice(at, end)];
  }

  #operator(text: string, at: number, brackets: string[]): void {
    const closing = CLOSING[text];
    if (closing !== undefined) brackets.push(closing);
    else if (text === ")" || text === "]" || text === "}") {
      const expected = brackets.pop();
      if (expected === undefined) fail(`unexpected '${text}'`, at);
      if (expected !== text) fail(`unexpected '${text}', expected '${expected ?? ""}'`, at);
    }
    this.#add("operator", text, at);
  }
}
