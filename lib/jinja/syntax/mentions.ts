/** What a part of a template mentions. Blocks are parts of their own, so what only they mention does not count. */

/** Whether a name occurs in a syntax tree. */
export const mentions = (tree: unknown, name: string): boolean =>
  some(tree, (node) => node.kind === "name" && "name" in node && node.name === name, isBlock);

/** Whether a syntax tree contains a block that sees the variables around it. */
export const hasScopedBlock = (tree: unknown): boolean =>
  some(tree, (node) => isBlock(node) && "scoped" in node && node.scoped === true);

type AnyNode = object & { readonly kind: unknown };

const isBlock = (node: AnyNode): boolean => node.kind === "block";

const some = (tree: unknown, found: (node: AnyNode) => boolean, isSkipped?: (node: AnyNode) => boolean): boolean => {
  if (typeof tree !== "object" || tree === null) return false;
  if ("kind" in tree) {
    if (found(tree)) return true;
    if (isSkipped?.(tree)) return false;
  }
  return Object.values(tree).some((part) => some(part, found, isSkipped));
};
