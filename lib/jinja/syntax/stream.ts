/** The stream of tokens: the questions that the parsers ask about the next token, and the errors they report. */
import { fail } from "../problem.js";
import type { Token, TokenKind } from "./lexer.js";

export class TokenStream {
  #index = 0;
  constructor(private readonly tokens: readonly Token[]) {}

  get current(): Token {
    return this.tokens[this.#index] ?? this.#last();
  }
  peek(ahead = 1): Token {
    return this.tokens[this.#index + ahead] ?? this.#last();
  }
  next(): Token {
    const token = this.current;
    if (token.kind !== "end") this.#index += 1;
    return token;
  }
  isOperator(text: string): boolean {
    return this.current.kind === "operator" && this.current.text === text;
  }
  isName(text: string): boolean {
    return this.current.kind === "name" && this.current.text === text;
  }
  skipOperator(text: string): boolean {
    const found = this.isOperator(text);
    if (found) this.next();
    return found;
  }
  skipName(text: string): boolean {
    const found = this.isName(text);
    if (found) this.next();
    return found;
  }
  expectOperator(text: string): Token {
    return this.isOperator(text) ? this.next() : this.expected(text);
  }
  expectName(): string {
    return this.current.kind === "name" ? this.next().text : this.expected("name");
  }
  expectKind(kind: TokenKind): Token {
    return this.current.kind === kind ? this.next() : this.expected(KINDS[kind] ?? kind);
  }
  expected(what: string): never {
    if (this.current.kind === "end") return this.fail(`unexpected end of template, expected '${what}'.`);
    return this.fail(`expected token '${what}', got '${described(this.current)}'`);
  }
  fail(message: string, at = this.current.at): never {
    return fail(message, at);
  }
  #last(): Token {
    return this.tokens.at(-1) ?? fail("the template has no end");
  }
}

const KINDS: Readonly<Partial<Record<TokenKind, string>>> = {
  data: "template data / text",
  print: "begin of print statement",
  printEnd: "end of print statement",
  block: "begin of statement block",
  blockEnd: "end of statement block",
  end: "end of template",
};

export const described = (token: Token): string =>
  token.kind === "name" || token.kind === "operator" ? token.text : (KINDS[token.kind] ?? token.kind);
