/** The parser of what a tag assigns to: names, several names, an attribute of a namespace, the parameters of a macro. */
import type { Expression, Parameter, Target } from "./ast.js";
import { Expressions } from "./expressions.js";
import { described } from "./stream.js";

/** The words that look like names but are values. */
const WORDS: ReadonlySet<string> = new Set(["true", "false", "none", "True", "False", "None"]);

export class Targets extends Expressions {
  /** Names to assign to, up to the word `end` if there is one. */
  protected target(end?: string): Target {
    const { at } = this.current;
    const items: Target[] = [];
    let several = false;
    while (!this.#endsTarget(end)) {
      items.push(this.#item());
      if (!this.skipOperator(",")) break;
      several = true;
    }
    const [only] = items;
    if (!several && only !== undefined) return only;
    if (items.length === 0) this.fail(`Expected an expression, got '${described(this.current)}'`);
    return { kind: "tuple", items, at };
  }

  protected namespaced(): Target {
    const { at } = this.current;
    const name = this.expectName();
    this.next();
    return { kind: "namespace", name, attribute: this.expectName(), at };
  }

  /** What a loop assigns to, and the word `in`. */
  protected loopTarget(): Target {
    const target = this.target("in");
    if (!this.skipName("in")) this.expected("in");
    this.#refuseLoop(target);
    return target;
  }

  #refuseLoop(target: Target): void {
    if (target.kind === "name" && target.name === "loop")
      this.fail("Can't assign to special loop variable in for-loop target", target.at);
    if (target.kind === "tuple") for (const item of target.items) this.#refuseLoop(item);
  }

  /** The parameters of a macro, in parentheses. */
  protected parameters(): readonly Parameter[] {
    const parameters: (readonly [string, Expression | undefined])[] = [];
    this.expectOperator("(");
    while (!this.isOperator(")")) {
      if (parameters.length > 0) this.expectOperator(",");
      const parameter = this.assignedName();
      const fallback = this.skipOperator("=") ? this.expression() : undefined;
      if (fallback === undefined && parameters.at(-1)?.[1] !== undefined)
        this.fail("non-default argument follows default argument");
      if (parameters.some(([other]) => other === parameter))
        this.fail(`duplicate argument '${parameter}' in function definition`);
      parameters.push([parameter, fallback]);
    }
    this.next();
    return parameters;
  }

  /** One name to assign to. */
  protected assignedName(): string {
    const { at } = this.current;
    const name = this.expectName();
    return WORDS.has(name) ? this.fail("can't assign to 'const'", at) : name;
  }

  #endsTarget(end: string | undefined): boolean {
    return this.current.kind === "blockEnd" || this.isOperator(")") || (end !== undefined && this.isName(end));
  }

  #item(): Target {
    const { kind, at } = this.current;
    if (this.skipOperator("(")) {
      const inner = this.target();
      this.expectOperator(")");
      return inner;
    }
    if (kind !== "name") return this.fail(`can't assign to '${described(this.current)}'`);
    return { kind: "name", name: this.assignedName(), at };
  }
}
