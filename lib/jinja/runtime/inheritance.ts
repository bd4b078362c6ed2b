/** The compiler of `extends` and `block`. */
import { fail } from "../problem.js";
import type { StatementOf } from "../syntax/ast.js";
import { derived, executeBlock } from "./execute.js";
import { compileExpression, located } from "./expressions.js";
import { loaded } from "./load.js";
import { type Execute, RootScope } from "./scope.js";

export const compileExtends = (node: StatementOf<"extends">): Execute => {
  const name = compileExpression(node.template);
  const find = located(node.template.at, (scope) => loaded(scope, name(scope)));
  return (scope) => {
    const { frame } = scope;
    if (frame.parent !== undefined) fail("extended multiple times");
    const parent = find(scope);
    const { context } = frame;
    const blocks = new Map(context.blocks);
    for (const [block, versions] of parent.blocks) blocks.set(block, [...(blocks.get(block) ?? []), ...versions]);
    context.blocks = blocks;
    frame.parent = parent;
  };
};

/** The place of a block: executes the version of the template that extends all others. */
export const compileBlock =
  ({ name, scoped, required }: StatementOf<"block">): Execute =>
  (scope, out) => {
    const { context, parent } = scope.frame;
    // The parent template has the block's place, unless the block is inside of another tag.
    if (parent !== undefined && scope instanceof RootScope) return;
    if (required && (context.blocks.get(name)?.length ?? 0) < 2) fail(`Required block '${name}' not found`);
    executeBlock({ context: scoped ? derived(context, scope) : context, name, level: 0 }, out);
  };
