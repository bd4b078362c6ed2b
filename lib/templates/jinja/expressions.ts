/** Parses expressions with Jinja2's grammar, its oddities of precedence included. */
import type { Token } from "./lexer.js";
import { described, Stream } from "./stream.js";
import type { CallArguments, Comparison, Expression } from "./syntax.js";
import type { Operator } from "./arithmetic.js";

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);

const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);
const NO_ARGUMENTS: CallArguments = { positional: [], named: [] };
/** Deeper nesting than any person writes; without a bound it would exhaust the stack. */
const DEEPEST = 200;

export class Expressions extends Stream {
  #depth = 0;

  expression(withCondition = true): Expression {
    this.#depth += 1;
    if (this.#depth > DEEPEST) this.fail("the expression is nested too deeply");
    const result = withCondition ? this.#condition() : this.#or();
    this.#depth -= 1;
    return result;
  }

  /** One expression, or several with commas between them, which make a tuple. */
  tuple({ condition = true, parentheses = false, end }: { condition?: boolean; parentheses?: boolean; end?: string } = {}): Expression {
    const at = this.current.at;
    const items: Expression[] = [];
    let several = false;
    while (!this.#endsTuple(end)) {
      items.push(this.expression(condition));
      if (!this.skipOperator(",")) break;
      several = true;
    }
    const [only] = items;
    if (!several && only !== undefined) return only;
    if (items.length === 0 && !parentheses) this.fail(`Expected an expression, got '${described(this.current)}'`);
    return { kind: "tuple", items, at };
  }

  #endsTuple(end: string | undefined): boolean {
    const { kind } = this.current;
    return kind === "printEnd" || kind === "blockEnd" || this.isOperator(")") || (end !== undefined && this.isName(end));
  }

  #condition(): Expression {
    let result = this.#or();
    while (this.skipName("if")) {
      const test = this.#or();
      const no = this.skipName("else") ? this.expression() : undefined;
      result = { kind: "condition", test, yes: result, no, at: result.at };
    }
    return result;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.skipName("or")) left = { kind: "or", left, right: this.#and(), at: left.at };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.skipName("and")) left = { kind: "and", left, right: this.#not(), at: left.at };
    return left;
  }

  #not(): Expression {
    const { at } = this.current;
    if (!this.isName("not")) return this.#compare();
    let times = 0;
    while (this.skipName("not")) times += 1;
    let operand = this.#compare();
    for (; times > 0; times--) operand = { kind: "not", operand, at };
    return operand;
  }

  #compare(): Expression {
    const first = this.#sum();
    const rest: [Comparison, Expression][] = [];
    for (;;) {
      const { kind, text } = this.current;
      if (kind === "operator" && COMPARISONS.has(text)) {
        this.next();
        rest.push([text as Comparison, this.#sum()]);
      } else if (this.skipName("in")) rest.push(["in", this.#sum()]);
      else if (this.isName("not") && this.look().kind === "name" && this.look().text === "in") {
        this.next();
        this.next();
        rest.push(["not in", this.#sum()]);
      } else break;
    }
    return rest.length === 0 ? first : { kind: "compare", first, rest, at: first.at };
  }

  #binary(operators: readonly Operator[], operand: () => Expression): Expression {
    let left = operand();
    for (;;) {
      const operator = operators.find((one) => this.isOperator(one));
      if (operator === undefined) return left;
      this.next();
      left = { kind: "binary", operator, left, right: operand(), at: left.at };
    }
  }

  readonly #sum = (): Expression => this.#binary(["+", "-"], this.#concat);

  readonly #concat = (): Expression => {
    const first = this.#product();
    const parts = [first];
    while (this.skipOperator("~")) parts.push(this.#product());
    return parts.length === 1 ? first : { kind: "concat", parts, at: first.at };
  };

  readonly #product = (): Expression => this.#binary(["*", "/", "//", "%"], this.#power);

  readonly #power = (): Expression => this.#binary(["**"], () => this.#unary());

  #unary(withFilter = true): Expression {
    const { at } = this.current;
    const operator = this.isOperator("-") ? "-" : this.isOperator("+") ? "+" : undefined;
    if (operator !== undefined) this.next();
    if (operator !== undefined) this.#depth += 1;
    if (this.#depth > DEEPEST) this.fail("the expression is nested too deeply");
    const operand = operator === undefined ? this.primary() : this.#unary(false);
    if (operator !== undefined) this.#depth -= 1;
    const node = this.#postfix(operator === undefined ? operand : { kind: "sign", operator, operand, at });
    return withFilter ? this.#filtered(node) : node;
  }

  primary(): Expression {
    const token = this.current;
    const { at, kind } = token;
    if (kind === "name") {
      this.next();
      const constant = CONSTANTS.get(token.text);
      return constant === undefined ? { kind: "name", name: token.text, at } : { kind: "constant", value: constant, at };
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
    if (!this.isOperator(":")) return this.isOperator(",") ? this.fail("several keys in brackets are not supported") : this.expected("]");
    this.next();
    const part = (): Expression | undefined => (this.isOperator(":") || this.isOperator("]") ? undefined : this.expression());
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
      } else if (this.current.kind === "name" && this.look().kind === "operator" && this.look().text === "=") {
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

  /** A filter's name and arguments; the bar before it has been read. */
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

  /** `is divisibleby 3`: one operand without parentheses. */
  #testOperand({ kind, text }: Token): CallArguments {
    const opens = kind === "operator" && (text === "[" || text === "{");
    const starts = kind === "name" || kind === "string" || kind === "integer" || kind === "float" || opens;
    if (!starts || (kind === "name" && (text === "else" || text === "or" || text === "and"))) return NO_ARGUMENTS;
    if (this.isName("is")) this.fail("You cannot chain multiple tests with is");
    return { positional: [this.#postfix(this.primary())], named: [] };
  }
}
