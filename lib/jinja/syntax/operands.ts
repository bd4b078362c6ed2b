/** The parser of operands: names, literals, calls, subscripts, filters and tests. */
import type { CallArguments, Expression } from "./ast.js";
import type { Token } from "./lexer.js";
import { described, TokenStream } from "./stream.js";

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);

const NO_ARGUMENTS: CallArguments = { positional: [], named: [] };
/** The deepest nesting of expressions, deeper than any person writes. Without a limit, nesting would exhaust the stack. */
const MAX_DEPTH = 200;

export interface TupleRules {
  /** Whether the tuple may contain `a if b else c`. */
  readonly condition?: boolean;
  /** Whether the tuple is in parentheses, so that it may be empty. */
  readonly parentheses?: boolean;
  /** A word that ends the tuple. */
  readonly end?: string;
}

export abstract class Operands extends TokenStream {
  #depth = 0;

  abstract expression(withCondition?: boolean): Expression;
  abstract tuple(rules?: TupleRules): Expression;

  protected nested(parse: () => Expression): Expression {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.fail("the expression is nested too deeply");
    const result = parse();
    this.#depth -= 1;
    return result;
  }

  protected unary(withFilter = true): Expression {
    const { at } = this.current;
    const operator = this.isOperator("-") ? "-" : this.isOperator("+") ? "+" : undefined;
    if (operator !== undefined) this.next();
    const operand = operator === undefined ? this.primary() : this.nested(() => this.unary(false));
    const node = this.#postfix(operator === undefined ? operand : { kind: "sign", operator, operand, at });
    return withFilter ? this.#filtered(node) : node;
  }

  primary(): Expression {
    const token = this.current;
    const { at, kind } = token;
    if (kind === "name") {
      this.next();
      const constant = CONSTANTS.get(token.text);
      return constant === undefined
        ? { kind: "name", name: token.text, at }
        : { kind: "constant", value: constant, at };
    }
    if (kind === "string") {
      let value = "";
      while (this.current.kind === "string") value += this.next().value as string;
      return { kind: "constant", value, at };
    }
    if (kind === "integer" || kind === "float") return { kind: "constant", value: this.next().value, at };
    if (this.skipOperator("(")) {
      const inner = this.tuple({ parentheses: true });
      this.expectOperator(")");
      return inner;
    }
    if (this.isOperator("[")) return this.#list();
    if (this.isOperator("{")) return this.#dict();
    return this.fail(`unexpected '${described(token)}'`);
  }

  #list(): Expression {
    const { at } = this.expectOperator("[");
    const items: Expression[] = [];
    while (!this.isOperator("]")) {
      items.push(this.expression());
      if (!this.isOperator("]")) this.expectOperator(",");
    }
    this.next();
    return { kind: "list", items, at };
  }

  #dict(): Expression {
    const { at } = this.expectOperator("{");
    const pairs: [Expression, Expression][] = [];
    while (!this.isOperator("}")) {
      const key = this.expression();
      this.expectOperator(":");
      pairs.push([key, this.expression()]);
      if (!this.isOperator("}")) this.expectOperator(",");
    }
    this.next();
    return { kind: "dict", pairs, at };
  }

  #postfix(node: Expression): Expression {
    let result = node;
    for (;;) {
      if (this.isOperator(".")) result = this.#dotted(result);
      else if (this.isOperator("[")) result = this.#subscript(result);
      else if (this.isOperator("(")) result = { kind: "call", target: result, args: this.arguments(), at: result.at };
      else return result;
    }
  }

  #filtered(node: Expression): Expression {
    let result = node;
    for (;;) {
      if (this.isOperator("|")) {
        this.next();
        result = this.filter(result);
      } else if (this.isName("is")) result = this.#test(result);
      else if (this.isOperator("(")) result = { kind: "call", target: result, args: this.arguments(), at: result.at };
      else return result;
    }
  }

  #dotted(target: Expression): Expression {
    this.next();
    const { kind, text, value, at } = this.next();
    if (kind === "name") return { kind: "attribute", target, name: text, at: target.at };
    if (kind === "integer") return { kind: "item", target, key: { kind: "constant", value, at }, at: target.at };
    return this.fail("expected name or number", at);
  }

  #subscript(target: Expression): Expression {
    this.next();
    const start = this.isOperator(":") ? undefined : this.expression();
    if (start !== undefined && this.skipOperator("]")) return { kind: "item", target, key: start, at: target.at };
    if (!this.isOperator(":"))
      return this.isOperator(",") ? this.fail("several keys in brackets are not supported") : this.expected("]");
    this.next();
    const part = (): Expression | undefined =>
      this.isOperator(":") || this.isOperator("]") ? undefined : this.expression();
    const stop = part();
    const step = this.skipOperator(":") ? part() : undefined;
    this.expectOperator("]");
    return { kind: "slice", target, start, stop, step, at: target.at };
  }

  arguments(): CallArguments {
    const { at } = this.expectOperator("(");
    const positional: Expression[] = [];
    const named: [string, Expression][] = [];
    let spread: Expression | undefined;
    let spreadNamed: Expression | undefined;
    const ensure = (valid: boolean): void => {
      if (!valid) this.fail("invalid syntax for function call expression", at);
    };
    while (!this.isOperator(")")) {
      if (this.skipOperator("*")) {
        ensure(spread === undefined && spreadNamed === undefined);
        spread = this.expression();
      } else if (this.skipOperator("**")) {
        ensure(spreadNamed === undefined);
        spreadNamed = this.expression();
      } else if (this.current.kind === "name" && this.peek().kind === "operator" && this.peek().text === "=") {
        ensure(spreadNamed === undefined);
        const { text: name, at: place } = this.next();
        this.next();
        if (named.some(([other]) => other === name)) this.fail(`keyword argument repeated: ${name}`, place);
        named.push([name, this.expression()]);
      } else {
        ensure(spread === undefined && spreadNamed === undefined && named.length === 0);
        positional.push(this.expression());
      }
      if (!this.isOperator(")")) this.expectOperator(",");
    }
    this.next();
    return { positional, named, ...(spread && { spread }), ...(spreadNamed && { spreadNamed }) };
  }

  /** A filter's name and arguments, after the bar. */
  filter(target: Expression): Expression {
    const { at } = this.current;
    const name = this.#dottedName();
    const args = this.isOperator("(") ? this.arguments() : NO_ARGUMENTS;
    return { kind: "filter", target, name, args, at };
  }

  #dottedName(): string {
    let name = this.expectName();
    while (this.skipOperator(".")) name += `.${this.expectName()}`;
    return name;
  }

  #test(target: Expression): Expression {
    const { at } = this.next();
    const negated = this.skipName("not");
    const place = this.current.at;
    const name = this.#dottedName();
    const args = this.isOperator("(") ? this.arguments() : this.#testOperand(this.current);
    const test: Expression = { kind: "test", target, name, args, at: place };
    return negated ? { kind: "not", operand: test, at } : test;
  }

  /** `is divisibleby 3`: one argument without parentheses. */
  #testOperand({ kind, text }: Token): CallArguments {
    const opens = kind === "operator" && (text === "[" || text === "{");
    const starts = kind === "name" || kind === "string" || kind === "integer" || kind === "float" || opens;
    if (!starts || (kind === "name" && (text === "else" || text === "or" || text === "and"))) return NO_ARGUMENTS;
    if (this.isName("is")) this.fail("You cannot chain multiple tests with is");
    return { positional: [this.#postfix(this.primary())], named: [] };
  }
}
