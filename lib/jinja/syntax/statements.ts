/** The parser of tags and of the text between them. */

import { didYouMean } from "../../diagnostics/suggest.js";
import { type Body, CAPTURED, type Expression, type Parameter, type Statement, type Target } from "./ast.js";
import { Expressions } from "./expressions.js";
import { type Token, tokenize } from "./lexer.js";
import { described } from "./stream.js";
import { TAGS, UNSUPPORTED_TAGS } from "./tags.js";

export const parse = (source: string): Body => new Parser(source).template();

const MAX_DEPTH = 100;

class Parser extends Expressions {
  constructor(private readonly source: string) {
    super(tokenize(source));
  }
  readonly #openTags: Token[] = [];
  readonly #endTags: (readonly string[])[] = [];

  template(): Body {
    return this.#statements();
  }

  /** Statements up to a tag in `ends`, which stays the current token; without `ends`, up to the end of the template. */
  #statements(ends?: readonly string[]): Body {
    if (this.#openTags.length > MAX_DEPTH) this.fail("blocks are nested too deeply");
    if (ends !== undefined) this.#endTags.push(ends);
    const body: Statement[] = [];
    for (;;) {
      const token = this.current;
      if (token.kind === "end") {
        if (ends !== undefined) this.#unexpectedTag(`Unexpected end of template`, undefined, token);
        return body;
      }
      if (token.kind === "data") body.push({ kind: "text", text: this.next().text, at: token.at });
      else if (token.kind === "print") body.push(this.#print());
      else {
        this.next();
        if (ends !== undefined && this.current.kind === "name" && ends.includes(this.current.text)) {
          this.#endTags.pop();
          return body;
        }
        body.push(this.#tag());
        this.expectKind("blockEnd");
      }
    }
  }

  #print(): Statement {
    this.next();
    const { at } = this.current;
    const value = this.tuple();
    this.expectKind("printEnd");
    return { kind: "print", value, at };
  }

  #tag(): Statement {
    const token = this.current;
    if (token.kind !== "name") this.fail("tag name expected");
    this.#openTags.push(token);
    const statement = this.#statement(token);
    this.#openTags.pop();
    return statement;
  }

  #statement(token: Token): Statement {
    this.next();
    const { at } = token;
    switch (token.text) {
      case "if":
        return this.#if(at);
      case "for":
        return this.#for(at);
      case "set":
        return this.#set(at);
      case "with":
        return this.#with(at);
      case "filter": {
        const filter = this.#filters(this.filter(captured(at)));
        return { kind: "filtered", filter, body: this.#block("endfilter"), at };
      }
      case "macro":
        return this.#macro(at);
      default: {
        const hint = UNSUPPORTED_TAGS.get(token.text);
        if (hint !== undefined) this.fail(`the tag '${token.text}' is not supported${hint}`, at);
        this.#openTags.pop();
        return this.#unexpectedTag(`Encountered unknown tag '${token.text}'`, token.text, token);
      }
    }
  }

  #unexpectedTag(start: string, name: string | undefined, token: Token): never {
    const expected = this.#endTags
      .at(-1)
      ?.map((end) => `'${end}'`)
      .join(" or ");
    const parts = [name === undefined ? start : `${start}${didYouMean(name, TAGS)}`];
    if (expected !== undefined && name !== undefined && this.#endTags.some((ends) => ends.includes(name)))
      parts.push(
        `You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for ${expected}`,
      );
    else if (expected !== undefined) parts.push(`Jinja was looking for the following tags: ${expected}`);
    const innermost = this.#openTags.at(-1);
    if (innermost !== undefined) {
      const line = this.source.slice(0, innermost.at).split("\n").length;
      parts.push(`The innermost block that needs to be closed is '${innermost.text}' in line ${line}`);
    }
    return this.fail(parts.join(". "), token.at);
  }

  #body(...ends: string[]): Body {
    this.skipOperator(":");
    this.expectKind("blockEnd");
    return this.#statements(ends);
  }

  /** The body of a block and its closing tag. */
  #block(end: string): Body {
    const body = this.#body(end);
    this.next();
    return body;
  }

  #if(at: number): Statement {
    const branches: [Expression, Body][] = [];
    for (;;) {
      const test = this.tuple({ condition: false });
      branches.push([test, this.#body("elif", "else", "endif")]);
      const end = this.next().text;
      if (end === "elif") continue;
      return { kind: "if", branches, otherwise: end === "else" ? this.#block("endif") : [], at };
    }
  }

  #for(at: number): Statement {
    const target = this.#target("in");
    if (!this.skipName("in")) this.expected("in");
    this.#refuseLoop(target);
    const items = this.tuple({ condition: false, end: "recursive" });
    const test = this.skipName("if") ? this.expression() : undefined;
    if (this.isName("recursive")) this.fail("recursive loops are not supported");
    const body = this.#body("endfor", "else");
    const otherwise = this.next().text === "else" ? this.#block("endfor") : [];
    return { kind: "for", target, items, test, body, otherwise, at };
  }

  #refuseLoop(target: Target): void {
    if (target.kind === "name" && target.name === "loop")
      this.fail("Can't assign to special loop variable in for-loop target", target.at);
    if (target.kind === "tuple") for (const item of target.items) this.#refuseLoop(item);
  }

  #set(at: number): Statement {
    const target = this.peek().text === "." && this.peek().kind === "operator" ? this.#namespaced() : this.#target();
    if (this.skipOperator("=")) return { kind: "set", target, value: this.tuple(), at };
    const filter = this.#filters(captured(at));
    return { kind: "capture", target, filter, body: this.#block("endset"), at };
  }

  #namespaced(): Target {
    const { at } = this.current;
    const name = this.expectName();
    this.next();
    return { kind: "namespace", name, attribute: this.expectName(), at };
  }

  #filters(target: Expression): Expression {
    let filter = target;
    while (this.skipOperator("|")) filter = this.filter(filter);
    return filter;
  }

  #with(at: number): Statement {
    const values: [Target, Expression][] = [];
    while (this.current.kind !== "blockEnd") {
      if (values.length > 0) this.expectOperator(",");
      const target = this.#target();
      this.expectOperator("=");
      values.push([target, this.expression()]);
    }
    return { kind: "with", values, body: this.#block("endwith"), at };
  }

  #macro(at: number): Statement {
    const name = this.expectName();
    const parameters: Parameter[] = [];
    this.expectOperator("(");
    while (!this.isOperator(")")) {
      if (parameters.length > 0) this.expectOperator(",");
      const parameter = this.expectName();
      const fallback = this.skipOperator("=") ? this.expression() : undefined;
      if (fallback === undefined && parameters.at(-1)?.[1] !== undefined)
        this.fail("non-default argument follows default argument");
      if (parameters.some(([other]) => other === parameter))
        this.fail(`duplicate argument '${parameter}' in function definition`);
      parameters.push([parameter, fallback]);
    }
    this.next();
    return { kind: "macro", name, parameters, body: this.#block("endmacro"), at };
  }

  /** Names to assign to, up to the word `end` if there is one. */
  #target(end?: string): Target {
    const { at } = this.current;
    const items: Target[] = [];
    let several = false;
    while (!this.#endsTarget(end)) {
      items.push(this.#targetItem());
      if (!this.skipOperator(",")) break;
      several = true;
    }
    const [only] = items;
    if (!several && only !== undefined) return only;
    if (items.length === 0) this.fail(`Expected an expression, got '${described(this.current)}'`);
    return { kind: "tuple", items, at };
  }

  #endsTarget(end: string | undefined): boolean {
    return this.current.kind === "blockEnd" || this.isOperator(")") || (end !== undefined && this.isName(end));
  }

  #targetItem(): Target {
    const { kind, text, at } = this.current;
    if (this.skipOperator("(")) {
      const inner = this.#target();
      this.expectOperator(")");
      return inner;
    }
    if (kind !== "name") return this.fail(`can't assign to '${described(this.current)}'`);
    if (["true", "false", "none", "True", "False", "None"].includes(text)) this.fail("can't assign to 'const'");
    this.next();
    return { kind: "name", name: text, at };
  }
}

const captured = (at: number): Expression => ({ kind: "name", name: CAPTURED, at });
