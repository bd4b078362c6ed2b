/**
 * The names that a part of a template hides until it sets them. Jinja2 decides for each part (a template, a block, a
 * loop, a macro and so on) once where the value of a name comes from: if the part sets a name, and did not read it
 * before by itself, then the tags inside it see no value from outside, even before the name is set.
 */
import type { Body, Expression, Statement, StatementOf, Target } from "./ast.js";
import { mentions } from "./mentions.js";

/** The hidden names by body. A body that hides nothing is not in the map. */
export type HiddenNames = ReadonlyMap<Body, ReadonlySet<string>>;

/** Finds the hidden names of a body and of all bodies inside it. */
export const hiddenNames = (body: Body): HiddenNames => {
  const found = new Map<Body, ReadonlySet<string>>();
  analyze(body, {}, found);
  return found;
};

/** What a part knows of each name: whether its value comes from outside, or is hidden until the part sets the name. */
interface NamedPart {
  readonly outer?: NamedPart | undefined;
  readonly names: Map<string, "outside" | "hidden">;
}

interface Around {
  readonly outer?: NamedPart;
  /** The names that have a value when the part begins: parameters, and what a loop or `with` sets. */
  readonly given?: readonly string[];
  readonly read?: readonly (Expression | undefined)[];
}

const analyze = (body: Body, { outer, given = [], read = [] }: Around, found: Map<Body, ReadonlySet<string>>): void => {
  const part: NamedPart = { outer, names: new Map(given.map((name) => [name, "outside"])) };
  for (const expression of read) reads(expression, part);
  visitAll(body, part);
  const hidden = new Set([...part.names].flatMap(([name, from]) => (from === "hidden" ? [name] : [])));
  if (hidden.size > 0) found.set(body, hidden);
  inside(body, part, found);
};

const isKnown = (name: string, part: NamedPart | undefined): boolean =>
  part !== undefined && (part.names.has(name) || isKnown(name, part.outer));

const reads = (tree: unknown, part: NamedPart): void => {
  if (typeof tree !== "object" || tree === null) return;
  if ("kind" in tree && tree.kind === "name" && "name" in tree && typeof tree.name === "string") {
    if (!isKnown(tree.name, part)) part.names.set(tree.name, "outside");
  } else for (const item of Object.values(tree)) reads(item, part);
};

const sets = (name: string, part: NamedPart): void => {
  if (!part.names.has(name)) part.names.set(name, isKnown(name, part.outer) ? "outside" : "hidden");
};

const setsTarget = (target: Target, part: NamedPart): void => {
  if (target.kind === "name") sets(target.name, part);
  else if (target.kind === "tuple") for (const item of target.items) setsTarget(item, part);
  else if (!isKnown(target.name, part)) part.names.set(target.name, "outside");
};

const visitAll = (body: Body, part: NamedPart): void => {
  for (const statement of body) visit(statement, part);
};

/** Visits what a statement reads and sets in the part itself, in Jinja2's order. */
const visit = (node: Statement, part: NamedPart): void => {
  switch (node.kind) {
    case "text":
    case "block":
      return;
    case "print":
      return reads(node.value, part);
    case "if":
      return visitIf(node, part);
    case "for":
      return reads(node.items, part);
    case "set":
      reads(node.value, part);
      return setsTarget(node.target, part);
    case "capture":
      return setsTarget(node.target, part);
    case "filtered":
      return reads(node.filter, part);
    case "with":
      return node.values.forEach(([, value]) => reads(value, part));
    case "macro":
      return sets(node.name, part);
    case "include":
    case "extends":
      return reads(node.template, part);
    case "import":
      reads(node.template, part);
      return sets(node.target, part);
    case "from":
      reads(node.template, part);
      return node.names.forEach(([, alias]) => sets(alias, part));
  }
};

/** A name that only some branches set comes from outside in the others. */
const visitIf = ({ branches: [first, ...others], otherwise }: StatementOf<"if">, part: NamedPart): void => {
  if (first === undefined) return visitAll(otherwise, part);
  const [test, body] = first;
  reads(test, part);
  const copies = [body, undefined, otherwise].map((branch, index) => {
    const copy: NamedPart = { outer: part.outer, names: new Map(part.names) };
    if (branch !== undefined) visitAll(branch, copy);
    else for (const [condition, then] of others) visitElif(condition, then, copy);
    return { copy, index };
  });
  for (const { copy } of copies)
    for (const [name, from] of copy.names) {
      if (!part.names.has(name)) part.names.set(name, from === "hidden" ? "outside" : from);
    }
};

const visitElif = (condition: Expression, then: Body, part: NamedPart): void =>
  visitIf({ kind: "if", branches: [[condition, then]], otherwise: [], at: 0 }, part);

/** Analyzes the parts inside a body; a block is a part of its own, which no other part surrounds. */
const inside = (body: Body, outer: NamedPart, found: Map<Body, ReadonlySet<string>>): void => {
  for (const node of body) {
    switch (node.kind) {
      case "if":
        for (const [, branch] of node.branches) inside(branch, outer, found);
        inside(node.otherwise, outer, found);
        break;
      case "for": {
        const given = [...namesIn(node.target), ...(mentions(node.body, "loop") ? ["loop"] : [])];
        analyze(node.body, { outer, given }, found);
        analyze(node.otherwise, { outer }, found);
        break;
      }
      case "with":
        analyze(node.body, { outer, given: node.values.flatMap(([target]) => namesIn(target)) }, found);
        break;
      case "macro":
        analyze(
          node.body,
          {
            outer,
            given: [...node.parameters.map(([name]) => name), "varargs", "kwargs"],
            read: node.parameters.map(([, fallback]) => fallback),
          },
          found,
        );
        break;
      case "capture":
      case "filtered":
        analyze(node.body, { outer }, found);
        break;
      case "block":
        analyze(node.body, { given: ["self", "super"] }, found);
        break;
    }
  }
};

const namesIn = (target: Target): readonly string[] =>
  target.kind === "tuple" ? target.items.flatMap(namesIn) : target.kind === "name" ? [target.name] : [];
