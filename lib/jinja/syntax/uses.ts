/** The variables of the run that a template names, found without rendering it. */
import { type Body, type Expression, pathOf, type Statement, type Target } from "./ast.js";

/** One place that names a variable of the run. */
export interface UseAt {
  /** `run.a.b` is `["a", "b"]`. */
  readonly path: readonly string[];
  /** The offset in the template's text. */
  readonly at: number;
}

/** Uses in the order of the text; those behind `is defined`, `default` or an `if` of the same variable are left out. */
export const usesOf = (body: Body): readonly UseAt[] => {
  const found: UseAt[] = [];
  // Where a template gives `run` another meaning, nothing can be said.
  if (shadows(body)) return found;
  visit(body, [], found);
  return found.sort((a, b) => a.at - b.at);
};

type Guards = readonly string[];

const key = (path: readonly string[]): string => path.join("\0");

type UsesNode = Expression | Statement;

const isNode = (node: unknown): node is UsesNode => typeof node === "object" && node !== null && "kind" in node;

const visit = (part: unknown, guards: Guards, found: UseAt[]): void => {
  if (isNode(part)) visitNode(part, guards, found);
  else if (typeof part === "object" && part !== null)
    for (const item of Object.values(part)) visit(item, guards, found);
};

const visitNode = (node: UsesNode, guards: Guards, found: UseAt[]): void => {
  const path = isExpression(node) ? pathOf(node) : undefined;
  if (path !== undefined) {
    if (path.length > 0 && !guards.some((guard) => `${key(path)}\0`.startsWith(`${guard}\0`)))
      found.push({ path, at: node.at });
    return;
  }
  const inner = [...guards, ...guardsOf(node)];
  for (const part of Object.values(node)) visit(part, inner, found);
};

const isExpression = (node: UsesNode): node is Expression =>
  node.kind === "name" || node.kind === "attribute" || node.kind === "item";

/** The variables whose absence a node takes care of. */
const guardsOf = (node: UsesNode): string[] => {
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
  const path = pathOf(expression);
  return path === undefined ? [] : [key(path)];
};

/** The variables whose truth or definedness a condition asks for. */
const tested = (test: Expression): string[] => {
  if (test.kind === "and" || test.kind === "or") return [...tested(test.left), ...tested(test.right)];
  if (test.kind === "not") return tested(test.operand);
  if (test.kind === "test") return isDefinedness(test.name) ? named(test.target) : [];
  return named(test);
};

/** Whether `run` is assigned to, by a loop, a `set`, a `with` or as a macro's parameter. */
const shadows = (body: Body): boolean => body.some(shadowed);

const shadowed = (node: Statement): boolean => {
  switch (node.kind) {
    case "for":
      return assignsRun(node.target) || shadows(node.body) || shadows(node.otherwise);
    case "set":
      return assignsRun(node.target);
    case "capture":
      return assignsRun(node.target) || shadows(node.body);
    case "with":
      return node.values.some(([target]) => assignsRun(target)) || shadows(node.body);
    case "macro":
      return node.parameters.some(([name]) => name === "run") || shadows(node.body);
    case "if":
      return node.branches.some(([, body]) => shadows(body)) || shadows(node.otherwise);
    case "filtered":
      return shadows(node.body);
    default:
      return false;
  }
};

const assignsRun = (target: Target): boolean =>
  target.kind === "tuple" ? target.items.some(assignsRun) : target.kind === "name" && target.name === "run";
