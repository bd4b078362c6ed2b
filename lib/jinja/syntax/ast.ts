/** The syntax tree of a template. `at` is the offset in the template's text. */
import type { Operator } from "../operators/arithmetic.js";
import type { Ordering } from "../values/compare.js";
import type { Py } from "../values/values.js";

export interface CallArguments {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [string, Expression])[];
  /** `*list` and `**dict`. */
  readonly spread?: Expression;
  readonly spreadNamed?: Expression;
}

export type Comparison = Ordering | "==" | "!=" | "in" | "not in";

export type Expression = { readonly at: number } & (
  | { readonly kind: "constant"; readonly value: Py }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "list" | "tuple"; readonly items: readonly Expression[] }
  | { readonly kind: "dict"; readonly pairs: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: "sign"; readonly operator: "+" | "-"; readonly operand: Expression }
  | { readonly kind: "binary"; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "concat"; readonly parts: readonly Expression[] }
  | {
      readonly kind: "compare";
      readonly first: Expression;
      readonly rest: readonly (readonly [Comparison, Expression])[];
    }
  | { readonly kind: "and" | "or"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "not"; readonly operand: Expression }
  | {
      readonly kind: "condition";
      readonly test: Expression;
      readonly yes: Expression;
      readonly no: Expression | undefined;
    }
  | { readonly kind: "attribute"; readonly target: Expression; readonly name: string }
  | { readonly kind: "item"; readonly target: Expression; readonly key: Expression }
  | {
      readonly kind: "slice";
      readonly target: Expression;
      readonly start: Expression | undefined;
      readonly stop: Expression | undefined;
      readonly step: Expression | undefined;
    }
  | { readonly kind: "call"; readonly target: Expression; readonly args: CallArguments }
  | {
      readonly kind: "filter" | "test";
      readonly target: Expression;
      readonly name: string;
      readonly args: CallArguments;
    }
);

/** The left side of an assignment: a name, several names, or an attribute of a namespace. */
export type Target = { readonly at: number } & (
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "tuple"; readonly items: readonly Target[] }
  | { readonly kind: "namespace"; readonly name: string; readonly attribute: string }
);

export type Body = readonly Statement[];

export type Parameter = readonly [name: string, fallback: Expression | undefined];

export type Statement = { readonly at: number } & (
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly value: Expression }
  | { readonly kind: "if"; readonly branches: readonly (readonly [Expression, Body])[]; readonly otherwise: Body }
  | {
      readonly kind: "for";
      readonly target: Target;
      readonly items: Expression;
      readonly test: Expression | undefined;
      readonly body: Body;
      readonly otherwise: Body;
    }
  | { readonly kind: "set"; readonly target: Target; readonly value: Expression }
  /** `filter` is a chain of filters, perhaps empty, around the name `CAPTURED`. */
  | { readonly kind: "capture"; readonly target: Target; readonly filter: Expression; readonly body: Body }
  | { readonly kind: "filtered"; readonly filter: Expression; readonly body: Body }
  | { readonly kind: "with"; readonly values: readonly (readonly [Target, Expression])[]; readonly body: Body }
  | { readonly kind: "macro"; readonly name: string; readonly parameters: readonly Parameter[]; readonly body: Body }
  | {
      readonly kind: "include";
      readonly template: Expression;
      readonly ignoreMissing: boolean;
      readonly withContext: boolean;
      /** The tag around the `include` that keeps its text instead of writing it, if there is one. */
      readonly captures: string | undefined;
    }
  | {
      readonly kind: "import";
      readonly template: Expression;
      readonly target: string;
      readonly withContext: boolean;
    }
  | {
      readonly kind: "from";
      readonly template: Expression;
      readonly names: readonly (readonly [name: string, alias: string])[];
      readonly withContext: boolean;
    }
  | { readonly kind: "extends"; readonly template: Expression }
  | ({ readonly kind: "block" } & Block)
);

export type StatementOf<K extends Statement["kind"]> = Extract<Statement, { readonly kind: K }>;

/** `{% block %}`: a part of a template that a child template may replace. */
export interface Block {
  readonly name: string;
  /** Whether the block sees the variables of the loops and other tags around it. */
  readonly scoped: boolean;
  /** Whether a child template must replace the block. */
  readonly required: boolean;
  readonly body: Body;
}

/** A whole template. `blocks` holds all of its blocks, also those inside other tags. */
export interface ParsedTemplate {
  readonly body: Body;
  readonly blocks: readonly Block[];
}

/** Any node of the syntax tree. */
export type SyntaxNode = Expression | Statement;

/** The name under which the filters of `{% filter %}` and `{% set %}` get a block's text. No template can write it. */
export const CAPTURED = "\0captured";

/** The path of an attribute chain below `run`: `run.a["b"]` gives ["a", "b"], `run` gives []; undefined for any other expression. */
export const pathOf = (expression: Expression): readonly string[] | undefined => {
  if (expression.kind === "name") return expression.name === "run" ? [] : undefined;
  if (expression.kind !== "attribute" && expression.kind !== "item") return undefined;
  const name = expression.kind === "attribute" ? expression.name : constantText(expression.key);
  const above = name === undefined ? undefined : pathOf(expression.target);
  return above === undefined || name === undefined ? undefined : [...above, name];
};

const constantText = (key: Expression): string | undefined =>
  key.kind === "constant" && typeof key.value === "string" ? key.value : undefined;
