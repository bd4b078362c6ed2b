/** The compiler of expressions: turns each expression into a function of a scope. */
import { boundedText } from "../limits.js";
import { getAttribute, getItem, slice } from "../methods/access.js";
import { arithmetic, negated, positive } from "../operators/arithmetic.js";
import { fail, Problem } from "../problem.js";
import { FILTERS, TESTS } from "../registry.js";
import { type CallArguments, type Comparison, type Expression, pathOf } from "../syntax/ast.js";
import { contains, ordered } from "../values/compare.js";
import { Dict, Tuple } from "../values/containers.js";
import { equal } from "../values/equality.js";
import { toList } from "../values/iterate.js";
import { plainText } from "../values/markup.js";
import { str } from "../values/text.js";
import { Callable, type EvaluatedArguments, type Py, truth, typeName, Undefined } from "../values/values.js";
import { Loop } from "./loop.js";
import { unknownName } from "./names.js";
import type { Scope } from "./scope.js";

export type Evaluate = (scope: Scope) => Py;

/** Gives an error its place, unless an inner expression has done so. */
export const withPlace = (error: unknown, at: number): unknown => {
  if (error instanceof RangeError) return new Problem(outOfRange(error), at);
  if (error instanceof Problem) error.at ??= at;
  return error;
};

/** Deep nesting can reach JavaScript's limit of the stack before the limits of this engine. */
const outOfRange = (error: RangeError): string =>
  error.message.includes("call stack") ? "the template is nested too deeply" : "a value becomes too large";

export const located =
  <T>(at: number, evaluate: (scope: Scope) => T): ((scope: Scope) => T) =>
  (scope) => {
    try {
      return evaluate(scope);
    } catch (error) {
      throw withPlace(error, at);
    }
  };

export const compileExpression = (node: Expression): Evaluate => {
  switch (node.kind) {
    case "constant": {
      const { value } = node;
      return () => value;
    }
    case "name": {
      const { name } = node;
      return (scope) => scope.get(name);
    }
    case "list": {
      const items = node.items.map(compileExpression);
      return (scope) => items.map((item) => item(scope));
    }
    case "tuple": {
      const items = node.items.map(compileExpression);
      return (scope) => new Tuple(items.map((item) => item(scope)));
    }
    case "and":
    case "or": {
      const [left, right, decides] = [compileExpression(node.left), compileExpression(node.right), node.kind === "or"];
      return (scope) => {
        const value = left(scope);
        return truth(value) === decides ? value : right(scope);
      };
    }
    case "not": {
      const operand = compileExpression(node.operand);
      return (scope) => !truth(operand(scope));
    }
    case "condition":
      return compileCondition(node);
    default:
      return located(node.at, compileFallible(node));
  }
};

/** Fails when called, because Jinja2 ignores unknown names in branches not taken; see also `checkTemplateNames`. */
const unknown = (node: ExpressionOf<"filter" | "test">) => (): never => fail(unknownName(node), node.at);

type ExpressionOf<K extends Expression["kind"]> = Extract<Expression, { readonly kind: K }>;

const NO_ELSE = new Undefined(
  "the inline if-expression evaluated to false and no else section was defined.",
  undefined,
  true,
);

const compileCondition = (node: ExpressionOf<"condition">): Evaluate => {
  const [test, yes] = [compileExpression(node.test), compileExpression(node.yes)];
  const no = node.no === undefined ? () => NO_ELSE : compileExpression(node.no);
  return (scope) => (truth(test(scope)) ? yes(scope) : no(scope));
};

type Fallible = Exclude<
  Expression,
  { readonly kind: "constant" | "name" | "list" | "tuple" | "and" | "or" | "not" | "condition" }
>;

/** The expressions that can fail, and so give their place to an error. */
const compileFallible = (node: Fallible): Evaluate => {
  switch (node.kind) {
    case "dict": {
      const pairs = node.pairs.map(([key, value]) => [compileExpression(key), compileExpression(value)] as const);
      return (scope) => new Dict(pairs.map(([key, value]) => [key(scope), value(scope)]));
    }
    case "sign": {
      const [operand, operation] = [compileExpression(node.operand), node.operator === "-" ? negated : positive];
      return (scope) => operation(operand(scope));
    }
    case "binary": {
      const { operator } = node;
      const [left, right] = [compileExpression(node.left), compileExpression(node.right)];
      return (scope) => arithmetic(operator, left(scope), right(scope));
    }
    case "concat": {
      const parts = node.parts.map(compileExpression);
      return (scope) =>
        boundedText(
          parts
            .map((part) => part(scope))
            .map(str)
            .join(""),
        );
    }
    case "compare":
      return compileComparison(node);
    case "attribute": {
      const [target, { name }, path] = [compileExpression(node.target), node, pathOf(node)];
      return (scope) => getAttribute(target(scope), name, path);
    }
    case "item": {
      const [target, key, path] = [compileExpression(node.target), compileExpression(node.key), pathOf(node)];
      return (scope) => getItem(target(scope), key(scope), path);
    }
    case "slice": {
      const target = compileExpression(node.target);
      const [start, stop, step] = [node.start, node.stop, node.step].map((part) =>
        part === undefined ? () => null : compileExpression(part),
      );
      return (scope) => slice(target(scope), start?.(scope) ?? null, stop?.(scope) ?? null, step?.(scope) ?? null);
    }
    case "call": {
      const [target, args] = [compileExpression(node.target), compileArguments(node.args)];
      return (scope) => call(target(scope), () => args(scope));
    }
    case "filter": {
      const [target, args] = [compileExpression(node.target), compileArguments(node.args)];
      const filter = FILTERS.get(node.name) ?? unknown(node);
      return (scope) => filter(target(scope), args(scope));
    }
    case "test": {
      const [target, args] = [compileExpression(node.target), compileArguments(node.args)];
      const test = TESTS.get(node.name) ?? unknown(node);
      return (scope) => test(target(scope), args(scope));
    }
  }
};

const call = (target: Py, args: () => EvaluatedArguments): Py => {
  if (target instanceof Callable) return target.call(args());
  if (target instanceof Undefined) return target.refuse();
  if (target instanceof Loop) return fail("recursive loops are not supported");
  return fail(`'${typeName(target)}' object is not callable`);
};

const compileComparison = (node: ExpressionOf<"compare">): Evaluate => {
  const first = compileExpression(node.first);
  const rest = node.rest.map(([operator, operand]) => [operator, compileExpression(operand)] as const);
  return (scope) => {
    let left = first(scope);
    for (const [operator, operand] of rest) {
      const right = operand(scope);
      if (!compare(operator, left, right)) return false;
      left = right;
    }
    return true;
  };
};

const compare = (operator: Comparison, left: Py, right: Py): boolean => {
  switch (operator) {
    case "==":
      return equal(left, right);
    case "!=":
      return !equal(left, right);
    case "in":
      return contains(right, left);
    case "not in":
      return !contains(right, left);
    default:
      return ordered(operator, left, right);
  }
};

const NONE_NAMED: ReadonlyMap<string, Py> = new Map();

const compileArguments = (node: CallArguments): ((scope: Scope) => EvaluatedArguments) => {
  const positional = node.positional.map(compileExpression);
  const named = node.named.map(([name, value]) => [name, compileExpression(value)] as const);
  const [spread, spreadNamed] = [node.spread, node.spreadNamed].map((part) => part && compileExpression(part));
  return (scope) => {
    const values = positional.map((value) => value(scope));
    const names =
      named.length === 0 && spreadNamed === undefined
        ? NONE_NAMED
        : new Map(named.map(([name, value]) => [name, value(scope)]));
    if (spread !== undefined) values.push(...toList(spread(scope)));
    return { positional: values, named: spreadNamed === undefined ? names : withSpread(names, spreadNamed(scope)) };
  };
};

const withSpread = (names: ReadonlyMap<string, Py>, more: Py): Map<string, Py> => {
  if (!(more instanceof Dict)) return fail(`argument after ** must be a mapping, not ${typeName(more)}`);
  const all = new Map(names);
  for (const [key, value] of more.pairs()) {
    const name = plainText(key) ?? fail("keywords must be strings");
    if (all.has(name)) fail(`got multiple values for keyword argument '${name}'`);
    all.set(name, value);
  }
  return all;
};
