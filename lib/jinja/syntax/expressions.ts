/** The parser of expressions, with Jinja2's grammar and its odd precedences. */
import type { Operator } from "../operators/arithmetic.js";
import type { Comparison, Expression } from "./ast.js";
import { Operands, type TupleRules } from "./operands.js";
import { described } from "./stream.js";

const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);

export class Expressions extends Operands {
  override expression(withCondition = true): Expression {
    return this.nested(() => (withCondition ? this.#condition() : this.#or()));
  }

  /** One expression, or a tuple of several with commas between them. */
  override tuple({ condition = true, parentheses = false, end }: TupleRules = {}): Expression {
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
    return (
      kind === "printEnd" || kind === "blockEnd" || this.isOperator(")") || (end !== undefined && this.isName(end))
    );
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
      else if (this.isName("not") && this.peek().kind === "name" && this.peek().text === "in") {
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

  readonly #power = (): Expression => this.#binary(["**"], () => this.unary());
}
