/** The variables of the run that a template uses, found without rendering. */
import { DICT } from "../methods/containers.js";
import { type Body, type Expression, pathOf, type Statement, type SyntaxNode, type Target } from "./ast.js";

/** One use of a variable of the run. */
export interface UseAt {
  /** `run.a.b` is `["a", "b"]`. */
  readonly path: readonly string[];
  /** The offset in the template's text. */
  readonly at: number;
}

/** All uses in the order of the text, except where `is defined`, `default` or an `if` of the same variable guards a use. */
export const usesOf = (body: Body): readonly UseAt[] => {
  const found: UseAt[] = [];
  // If the template assigns to `run`, no use is certain.
  if (bodyAssignsRun(body)) return found;
  visit(body, [], found);
  return found.sort((a, b) => a.at - b.at);
};

type Guards = readonly string[];

const pathKey = (path: readonly string[]): string => path.join("\0");

const isNode = (node: unknown): node is SyntaxNode => typeof node === "object" && node !== null && "kind" in node;

const visit = (part: unknown, guards: Guards, found: UseAt[]): void => {
  if (isNode(part)) visitNode(part, guards, found);
  else if (typeof part === "object" && part !== null)
    for (const item of Object.values(part)) visit(item, guards, found);
};

const visitNode = (node: SyntaxNode, guards: Guards, found: UseAt[]): void => {
  const path = isExpression(node) ? variableOf(node) : undefined;
  if (path !== undefined) {
    if (path.length > 0 && !guards.some((guard) => `${pathKey(path)}\0`.startsWith(`${guard}\0`)))
      found.push({ path, at: node.at });
    return;
  }
  const inner = [...guards, ...guardsOf(node)];
  for (const part of Object.values(node)) visit(part, inner, found);
};

/** The path of a variable. It ends before the first name that Python provides, such as `items` in `run.grid.items()`. */
const variableOf = (expression: Expression): readonly string[] | undefined => {
  const path = pathOf(expression);
  const end = path?.findIndex((name, index) => (index === 0 ? PROVIDED_BY_RUN : DICT).has(name)) ?? -1;
  return end < 0 ? path : path?.slice(0, end);
};

/** The attributes of a named tuple that `RunRecord` has. */
const PROVIDED_BY_RUN: ReadonlySet<string> = new Set(["_asdict", "_fields"]);

const isExpression = (node: SyntaxNode): node is Expression =>
  node.kind === "name" || node.kind === "attribute" || node.kind === "item";

/** The variables that may be absent within a node. */
const guardsOf = (node: SyntaxNode): string[] => {
  switch (node.kind) {
    case "if":
      return node.branches.flatMap(([test]) => tested(test));
    case "condition":
      return tested(node.test);
    case "and":
    case "or":
      return tested(node.left);
    case "filter":
      return node.name === "default" || node.name === "d" ? named(node.target) : [];
    case "test":
      return isDefinedness(node.name) ? named(node.target) : [];
    case "not":
      return named(node.operand);
    default:
      return [];
  }
};

const isDefinedness = (test: string): boolean => test === "defined" || test === "undefined";

const named = (expression: Expression): string[] => {
  const path = variableOf(expression);
  return path === undefined ? [] : [pathKey(path)];
};

/** The variables whose truth or definedness a condition tests. */
const tested = (test: Expression): string[] => {
  if (test.kind === "and" || test.kind === "or") return [...tested(test.left), ...tested(test.right)];
  if (test.kind === "not") return tested(test.operand);
  if (test.kind === "test") return isDefinedness(test.name) ? named(test.target) : [];
  return named(test);
};

/** Whether a loop, a `set`, a `with` or a macro's parameter assigns to `run`. */
const bodyAssignsRun = (body: Body): boolean => body.some(statementAssignsRun);

const statementAssignsRun = (node: Statement): boolean => {
  switch (node.kind) {
    case "for":
      return targetAssignsRun(node.target) || bodyAssignsRun(node.body) || bodyAssignsRun(node.otherwise);
    case "set":
      return targetAssignsRun(node.target);
    case "capture":
      return targetAssignsRun(node.target) || bodyAssignsRun(node.body);
    case "with":
      return node.values.some(([target]) => targetAssignsRun(target)) || bodyAssignsRun(node.body);
    case "macro":
      return node.parameters.some(([name]) => name === "run") || bodyAssignsRun(node.body);
    case "if":
      return node.branches.some(([, body]) => bodyAssignsRun(body)) || bodyAssignsRun(node.otherwise);
    case "import":
      return node.target === "run";
    case "from":
      return node.names.some(([, alias]) => alias === "run");
    case "filtered":
    case "block":
      return bodyAssignsRun(node.body);
    default:
      return false;
  }
};

const targetAssignsRun = (target: Target): boolean =>
  target.kind === "tuple" ? target.items.some(targetAssignsRun) : target.kind === "name" && target.name === "run";
