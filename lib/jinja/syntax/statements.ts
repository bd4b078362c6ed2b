/** The parser of tags and of the text between them. */

import { didYouMean } from "../../diagnostics/suggest.js";
import { stripped } from "../format/strings.js";
import {
  type Block,
  type Body,
  CAPTURED,
  type Expression,
  type ParsedTemplate,
  type Statement,
  type Target,
} from "./ast.js";
import { type Token, tokenize } from "./lexer.js";
import { Loading } from "./loading.js";
import { TAGS, UNSUPPORTED_TAGS } from "./tags.js";

export const parse = (source: string): ParsedTemplate => new Parser(source).template();

const MAX_DEPTH = 100;

const CAPTURING: ReadonlySet<string> = new Set(["macro", "set", "filter"]);

class Parser extends Loading {
  constructor(private readonly source: string) {
    super(tokenize(source));
  }
  readonly #openTags: Token[] = [];
  readonly #endTags: (readonly string[])[] = [];
  readonly #blocks = new Map<string, Block>();

  template(): ParsedTemplate {
    return { body: this.#statements(), blocks: [...this.#blocks.values()] };
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
        return { kind: "filtered", filter, body: this.#closedBody("endfilter"), at };
      }
      case "macro":
        return this.#macro(at);
      case "block":
        return this.#block(at);
      case "include":
        return this.include(at, this.#captures());
      case "import":
        return this.import(at);
      case "from":
        return this.from(at);
      case "extends":
        return this.extends(at, this.#isTop());
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

  /** The body of a tag and its closing tag. */
  #closedBody(end: string): Body {
    const body = this.#body(end);
    this.next();
    return body;
  }

  /** Whether no tag but `if` is open around the current one. */
  #isTop(): boolean {
    return this.#openTags.slice(0, -1).every(({ text }) => text === "if");
  }

  /** The innermost open tag that keeps its text instead of writing it; a block writes its text by itself. */
  #captures(): string | undefined {
    const tags = this.#openTags.slice(0, -1).map(({ text }) => text);
    return tags.slice(tags.lastIndexOf("block") + 1).findLast((tag) => CAPTURING.has(tag));
  }

  #block(at: number): Statement {
    const name = this.expectName();
    const [scoped, required] = [this.skipName("scoped"), this.skipName("required")];
    if (this.isOperator("-")) this.fail("the name of a block contains no hyphen: use an underscore instead");
    const body = this.#closedBody("endblock");
    if (required && body.some((part) => part.kind !== "text" || stripped(part.text, undefined, "both") !== ""))
      this.fail("Required blocks can only contain comments or whitespace", at);
    this.skipName(name);
    if (this.#blocks.has(name)) this.fail(`block '${name}' defined twice`, at);
    const block: Block = { name, scoped, required, body };
    this.#blocks.set(name, block);
    return { kind: "block", ...block, at };
  }

  #if(at: number): Statement {
    const branches: [Expression, Body][] = [];
    for (;;) {
      const test = this.tuple({ condition: false });
      branches.push([test, this.#body("elif", "else", "endif")]);
      const end = this.next().text;
      if (end === "elif") continue;
      return { kind: "if", branches, otherwise: end === "else" ? this.#closedBody("endif") : [], at };
    }
  }

  #for(at: number): Statement {
    const target = this.loopTarget();
    const items = this.tuple({ condition: false, end: "recursive" });
    const test = this.skipName("if") ? this.expression() : undefined;
    if (this.isName("recursive")) this.fail("recursive loops are not supported");
    const body = this.#body("endfor", "else");
    const otherwise = this.next().text === "else" ? this.#closedBody("endfor") : [];
    return { kind: "for", target, items, test, body, otherwise, at };
  }

  #set(at: number): Statement {
    const target = this.peek().text === "." && this.peek().kind === "operator" ? this.namespaced() : this.target();
    if (this.skipOperator("=")) return { kind: "set", target, value: this.tuple(), at };
    const filter = this.#filters(captured(at));
    return { kind: "capture", target, filter, body: this.#closedBody("endset"), at };
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
      const target = this.target();
      this.expectOperator("=");
      values.push([target, this.expression()]);
    }
    return { kind: "with", values, body: this.#closedBody("endwith"), at };
  }

  #macro(at: number): Statement {
    const name = this.assignedName();
    return { kind: "macro", name, parameters: this.parameters(), body: this.#closedBody("endmacro"), at };
  }
}

const captured = (at: number): Expression => ({ kind: "name", name: CAPTURED, at });
