/** The parser of the tags that load another template: `include`, `import`, `from` and `extends`. */
import type { Statement } from "./ast.js";
import { Targets } from "./targets.js";

export class Loading extends Targets {
  protected include(at: number, captures: string | undefined): Statement {
    const template = this.expression();
    const ignoreMissing = this.#skipNames("ignore", "missing");
    const withContext = this.#context() ?? true;
    return { kind: "include", template, ignoreMissing, withContext, captures, at };
  }

  protected import(at: number): Statement {
    const template = this.expression();
    if (!this.skipName("as")) this.expected("as");
    const target = this.assignedName();
    return { kind: "import", template, target, withContext: this.#context() ?? false, at };
  }

  protected from(at: number): Statement {
    const template = this.expression();
    if (!this.skipName("import")) this.expected("import");
    const names: (readonly [string, string])[] = [];
    let withContext = this.#context();
    while (withContext === undefined) {
      names.push(this.#imported());
      withContext = this.#context();
      if (withContext !== undefined || !this.skipOperator(",")) break;
      withContext = this.#context();
    }
    return { kind: "from", template, names, withContext: withContext ?? false, at };
  }

  protected extends(at: number, isTop: boolean): Statement {
    if (!isTop) this.fail("`extends` may stand in no other tag but `if`", at);
    return { kind: "extends", template: this.expression(), at };
  }

  #imported(): readonly [name: string, alias: string] {
    const { at } = this.current;
    const name = this.assignedName();
    if (name.startsWith("_")) this.fail("names starting with an underline can not be imported", at);
    return [name, this.skipName("as") ? this.assignedName() : name];
  }

  /** `with context` is true, `without context` is false, neither is undefined. */
  #context(): boolean | undefined {
    if (this.#skipNames("with", "context")) return true;
    return this.#skipNames("without", "context") ? false : undefined;
  }

  #skipNames(first: string, second: string): boolean {
    const ahead = this.peek();
    if (!this.isName(first) || ahead.kind !== "name" || ahead.text !== second) return false;
    this.next();
    this.next();
    return true;
  }
}
