/** Filters and tests that do not exist: found before anything is rendered, but for the branches of an `if`. */
import { didYouMean } from "../../diagnostics/suggest.js";
import { fail } from "../problem.js";
import { FILTERS, TESTS, UNSUPPORTED_FILTERS } from "../registry.js";
import type { Body, Expression, Statement } from "../syntax/ast.js";

type Named = Extract<Expression, { readonly kind: "filter" | "test" }>;

export const complaint = ({ kind, name }: Named): string => {
  if (kind === "filter" && UNSUPPORTED_FILTERS.has(name)) return `the filter '${name}' of Jinja2 is not supported here`;
  return `No ${kind} named '${name}'${didYouMean(name, (kind === "filter" ? FILTERS : TESTS).keys())}`;
};

/** Fails for a name that is unknown outside of any condition: Jinja2 also refuses such a template as a whole. */
export const checkTemplateNames = (body: Body): void => check(body, false);

type KnownNode = Expression | Statement;

const check = (part: unknown, optional: boolean): void => {
  if (typeof part !== "object" || part === null) return;
  if (isNode(part)) checkNode(part, optional);
  else for (const item of Object.values(part)) check(item, optional);
};

const isNode = (part: object): part is KnownNode => "kind" in part && "at" in part;

const checkNode = (node: KnownNode, optional: boolean): void => {
  if (node.kind === "filter" || node.kind === "test") {
    const known = node.kind === "filter" ? FILTERS.has(node.name) : TESTS.has(node.name);
    if (!known && !optional) fail(complaint(node), node.at);
  }
  for (const part of Object.values(node)) check(part, isOptional(node, optional));
};

/** A body with names of its own is looked at as if it stood alone, wherever it stands. */
const isOptional = (node: KnownNode, optional: boolean): boolean => {
  switch (node.kind) {
    case "if":
    case "condition":
      return true;
    case "for":
    case "macro":
    case "with":
    case "capture":
    case "filtered":
      return false;
    default:
      return optional;
  }
};
