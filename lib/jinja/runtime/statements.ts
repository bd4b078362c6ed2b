/** The compiler of statements: turns each statement into a function that writes to an output. */
import { spend } from "../limits.js";
import { fail } from "../problem.js";
import { type Body, CAPTURED, type Statement, type Target } from "../syntax/ast.js";
import { Namespace } from "../values/containers.js";
import { toList, tryIterate } from "../values/iterate.js";
import { plainText } from "../values/markup.js";
import { str } from "../values/text.js";
import { type Py, truth, typeName } from "../values/values.js";
import { compileExpression, type Evaluate, withPlace } from "./expressions.js";
import { Loop } from "./loop.js";
import { compileMacro } from "./macro.js";
import { type Execute, RenderedText, Scope } from "./scope.js";

export const compileBody = (body: Body): Execute => {
  const statements = body.map(compileStatement);
  const [only] = statements;
  if (statements.length === 1 && only !== undefined) return only;
  return (scope, out) => {
    for (const statement of statements) statement(scope, out);
  };
};

const compileStatement = (node: Statement): Execute => {
  const execute = compileUnplaced(node);
  if (node.kind === "text") return execute;
  return (scope, out) => {
    try {
      execute(scope, out);
    } catch (error) {
      throw withPlace(error, node.at);
    }
  };
};

type StatementOf<K extends Statement["kind"]> = Extract<Statement, { readonly kind: K }>;

const compileUnplaced = (node: Statement): Execute => {
  switch (node.kind) {
    case "text": {
      const { text } = node;
      return (_scope, out) => out.write(text);
    }
    case "print": {
      const value = compileExpression(node.value);
      return (scope, out) => out.write(str(value(scope)));
    }
    case "if":
      return compileIf(node);
    case "for":
      return compileFor(node);
    case "set": {
      const [assign, value] = [compileTarget(node.target), compileExpression(node.value)];
      return (scope) => assign(scope, value(scope));
    }
    case "capture": {
      const [assign, captured] = [compileTarget(node.target), compileCapture(node)];
      return (scope) => assign(scope, captured(scope));
    }
    case "filtered": {
      const captured = compileCapture(node);
      return (scope, out) => {
        const value = captured(scope);
        // Jinja2 adds the value to its output without converting it, and the output accepts only text.
        out.write(plainText(value) ?? fail(`sequence item: expected str instance, ${typeName(value)} found`));
      };
    }
    case "with":
      return compileWith(node);
    case "macro": {
      const define = compileMacro(node, compileBody);
      return (scope) => scope.set(node.name, define(scope));
    }
  }
};

const compileIf = (node: StatementOf<"if">): Execute => {
  const branches = node.branches.map(([test, body]) => [compileExpression(test), compileBody(body)] as const);
  const otherwise = compileBody(node.otherwise);
  return (scope, out) => {
    for (const [test, body] of branches) if (truth(test(scope))) return body(scope, out);
    otherwise(scope, out);
  };
};

const compileFor = (node: StatementOf<"for">): Execute => {
  const [assign, items] = [compileTarget(node.target), compileExpression(node.items)];
  const test = node.test && compileExpression(node.test);
  const [body, otherwise] = [compileBody(node.body), compileBody(node.otherwise)];
  return (scope, out) => {
    const all = toList(items(scope));
    const selected = test === undefined ? all : all.filter((item) => truth(test(iterationScope(scope, assign, item))));
    if (selected.length === 0) return otherwise(new Scope(scope), out);
    const loop = new Loop(selected);
    for (let index = 0; index < selected.length; index++) {
      spend(1);
      loop.index = index;
      const inner = iterationScope(scope, assign, selected[index] ?? null);
      inner.set("loop", loop);
      body(inner, out);
    }
  };
};

const iterationScope = (scope: Scope, assign: Assign, item: Py): Scope => {
  const inner = new Scope(scope);
  assign(inner, item);
  return inner;
};

const compileWith = (node: StatementOf<"with">): Execute => {
  const values = node.values.map(([target, value]) => [compileTarget(target), compileExpression(value)] as const);
  const body = compileBody(node.body);
  return (scope, out) => {
    const inner = new Scope(scope);
    for (const [assign, value] of values) assign(inner, value(scope));
    body(inner, out);
  };
};

/** The text of a block, passed through its filters. */
const compileCapture = (node: StatementOf<"capture" | "filtered">): Evaluate => {
  const [body, filter] = [compileBody(node.body), compileExpression(node.filter)];
  return (scope) => {
    const captured = new RenderedText();
    const inner = new Scope(scope);
    body(inner, captured);
    const around = new Scope(node.kind === "filtered" ? inner : scope);
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
