/** The compiler of statements: turns each statement into a function that writes to an output. */
import { spend } from "../limits.js";
import { fail } from "../problem.js";
import { type Body, CAPTURED, type Statement, type StatementOf, type Target } from "../syntax/ast.js";
import type { HiddenNames } from "../syntax/hidden.js";
import { hasScopedBlock, mentions } from "../syntax/mentions.js";
import { Namespace } from "../values/containers.js";
import { toList, tryIterate } from "../values/iterate.js";
import { plainText } from "../values/markup.js";
import { str } from "../values/text.js";
import { type Py, truth, typeName } from "../values/values.js";
import { compileExpression, type Evaluate, withPlace } from "./expressions.js";
import { compileFrom, compileImport, compileInclude } from "./include.js";
import { compileBlock, compileExtends } from "./inheritance.js";
import { Loop } from "./loop.js";
import { compileMacro } from "./macro.js";
import { type Execute, RenderedText, type Scope } from "./scope.js";

export const compileBody = (body: Body, hidden: HiddenNames): Execute => {
  const statements = body.map((node) => compileStatement(node, hidden));
  const [only] = statements;
  if (statements.length === 1 && only !== undefined) return only;
  return (scope, out) => {
    for (const statement of statements) statement(scope, out);
  };
};

const compileStatement = (node: Statement, hidden: HiddenNames): Execute => {
  const execute = compileUnplaced(node, hidden);
  if (node.kind === "text") return execute;
  return (scope, out) => {
    try {
      execute(scope, out);
    } catch (error) {
      throw withPlace(error, node.at);
    }
  };
};

const compileUnplaced = (node: Statement, hidden: HiddenNames): Execute => {
  switch (node.kind) {
    case "text": {
      const { text } = node;
      return (scope, out) => {
        if (scope.frame.parent === undefined) out.write(text);
      };
    }
    case "print": {
      const value = compileExpression(node.value);
      return (scope, out) => {
        if (scope.frame.parent === undefined) out.write(str(value(scope)));
      };
    }
    case "if":
      return compileIf(node, hidden);
    case "for":
      return compileFor(node, hidden);
    case "set": {
      const [assign, value] = [compileTarget(node.target), compileExpression(node.value)];
      return (scope) => assign(scope, value(scope));
    }
    case "capture": {
      const [assign, captured] = [compileTarget(node.target), compileCapture(node, hidden)];
      return (scope) => assign(scope, captured(scope));
    }
    case "filtered": {
      const captured = compileCapture(node, hidden);
      return (scope, out) => {
        const value = captured(scope);
        // Jinja2 adds the value to its output without converting it, and the output accepts only text.
        out.write(plainText(value) ?? fail(`sequence item: expected str instance, ${typeName(value)} found`));
      };
    }
    case "with":
      return compileWith(node, hidden);
    case "macro": {
      const define = compileMacro(node, hidden, compileBody);
      return (scope) => scope.set(node.name, define(scope));
    }
    case "include":
      return compileInclude(node);
    case "import":
      return compileImport(node);
    case "from":
      return compileFrom(node);
    case "extends":
      return compileExtends(node);
    case "block":
      return compileBlock(node);
  }
};

const compileIf = (node: StatementOf<"if">, hidden: HiddenNames): Execute => {
  const branches = node.branches.map(([test, body]) => [compileExpression(test), compileBody(body, hidden)] as const);
  const otherwise = compileBody(node.otherwise, hidden);
  return (scope, out) => {
    for (const [test, body] of branches) if (truth(test(scope))) return body(scope, out);
    otherwise(scope, out);
  };
};

const compileFor = (node: StatementOf<"for">, hidden: HiddenNames): Execute => {
  const [assign, items] = [compileTarget(node.target), compileExpression(node.items)];
  const test = node.test && compileExpression(node.test);
  const [body, otherwise] = [compileBody(node.body, hidden), compileBody(node.otherwise, hidden)];
  // As in Jinja2, a template that the body includes sees `loop` only if the body itself uses it.
  const usesLoop = mentions(node.body, "loop") || hasScopedBlock(node);
  return (scope, out) => {
    const all = toList(items(scope));
    const selected = test === undefined ? all : all.filter((item) => truth(test(withItem(scope, assign, item))));
    if (selected.length === 0) return otherwise(scope.inner(hidden.get(node.otherwise)), out);
    const loop = new Loop(selected);
    for (let index = 0; index < selected.length; index++) {
      spend(1);
      loop.index = index;
      const inner = scope.inner(hidden.get(node.body));
      assign(inner, selected[index] ?? null);
      if (usesLoop) inner.set("loop", loop);
      body(inner, out);
    }
  };
};

/** The scope of a loop's `if`. */
const withItem = (scope: Scope, assign: Assign, item: Py): Scope => {
  const inner = scope.inner();
  assign(inner, item);
  return inner;
};

const compileWith = (node: StatementOf<"with">, hidden: HiddenNames): Execute => {
  const values = node.values.map(([target, value]) => [compileTarget(target), compileExpression(value)] as const);
  const body = compileBody(node.body, hidden);
  return (scope, out) => {
    const inner = scope.inner(hidden.get(node.body));
    for (const [assign, value] of values) assign(inner, value(scope));
    body(inner, out);
  };
};

/** The text of a block, passed through its filters. */
const compileCapture = (node: StatementOf<"capture" | "filtered">, hidden: HiddenNames): Evaluate => {
  const [body, filter] = [compileBody(node.body, hidden), compileExpression(node.filter)];
  return (scope) => {
    const captured = new RenderedText();
    const { context, template } = scope.frame;
    // A variable gets all of its text, also in a template that extends another.
    const inner = scope.inner(hidden.get(node.body), node.kind === "filtered" ? scope.frame : { context, template });
    body(inner, captured);
    const around = node.kind === "filtered" ? inner.inner() : scope.inner();
    around.set(CAPTURED, captured.text);
    return filter(around);
  };
};

const unpacked = (value: Py): Py[] => {
  if (tryIterate(value) === undefined) fail(`cannot unpack non-iterable ${typeName(value)} object`);
  return toList(value);
};

type Assign = (scope: Scope, value: Py) => void;

const compileTarget = (target: Target): Assign => {
  if (target.kind === "name") return (scope, value) => scope.set(target.name, value);
  if (target.kind === "namespace")
    return (scope, value) => {
      const owner = scope.get(target.name);
      if (!(owner instanceof Namespace)) return fail("cannot assign attribute on non-namespace object", target.at);
      owner.names.set(target.attribute, value);
    };
  const parts = target.items.map(compileTarget);
  return (scope, value) => {
    const items = unpacked(value);
    if (items.length > parts.length) fail(`too many values to unpack (expected ${parts.length})`);
    if (items.length < parts.length)
      fail(`not enough values to unpack (expected ${parts.length}, got ${items.length})`);
    for (const [index, assign] of parts.entries()) assign(scope, items[index] ?? null);
  };
};
