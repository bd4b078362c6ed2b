/** Checks that all filters and tests outside the branches of an `if` exist. */
import { didYouMean } from "../../diagnostics/suggest.js";
import { fail } from "../problem.js";
import { FILTERS, TESTS, UNSUPPORTED_FILTERS } from "../registry.js";
import type { Body, Expression, SyntaxNode } from "../syntax/ast.js";

type FilterOrTest = Extract<Expression, { readonly kind: "filter" | "test" }>;

export const unknownName = ({ kind, name }: FilterOrTest): string => {
  if (kind === "filter" && UNSUPPORTED_FILTERS.has(name)) return `the filter '${name}' of Jinja2 is not supported here`;
  return `No ${kind} named '${name}'${didYouMean(name, (kind === "filter" ? FILTERS : TESTS).keys())}`;
};

/** Fails if a filter or test outside of any condition is unknown, because Jinja2 refuses the whole template, too. */
export const checkTemplateNames = (body: Body): void => check(body, false);

const check = (part: unknown, optional: boolean): void => {
  if (typeof part !== "object" || part === null) return;
  if (isNode(part)) checkNode(part, optional);
  else for (const item of Object.values(part)) check(item, optional);
};

const isNode = (part: object): part is SyntaxNode => "kind" in part && "at" in part;

const checkNode = (node: SyntaxNode, optional: boolean): void => {
  if (node.kind === "filter" || node.kind === "test") {
    const known = node.kind === "filter" ? FILTERS.has(node.name) : TESTS.has(node.name);
    if (!known && !optional) fail(unknownName(node), node.at);
  }
  const outer = outerParts(node);
  for (const part of Object.values(node)) check(part, outer.includes(part) ? optional : isOptional(node, optional));
};

/** The parts of a statement that Jinja2 compiles as part of the body around the statement. */
const outerParts = (node: SyntaxNode): readonly unknown[] => {
  if (node.kind === "for") return [node.items];
  return node.kind === "with" ? [node.values] : [];
};

/** Jinja2 checks a body that has its own scope like a whole template, even inside an `if`. */
const isOptional = (node: SyntaxNode, optional: boolean): boolean => {
  switch (node.kind) {
    case "if":
    case "condition":
      return true;
    case "for":
    case "macro":
    case "with":
    case "capture":
    case "filtered":
    case "block":
      return false;
    default:
      return optional;
  }
};
