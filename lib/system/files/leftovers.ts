/**
 * Hidden directories beside a run directory, in which it is made and removed. A start that dies leaves them, and the
 * next start finds them by the names of its own runs.
 */
import { createHash, randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { removeTree } from "./remove-tree.js";

/** A new name beside the directory, under which it is made. */
export const preparingPath = (directory: string): string =>
  beside(directory, (short, hash) => `.${short}.preparing-${hash}-${randomBytes(6).toString("hex")}`);

/** The name beside the directory under which it is removed: the same each time. `number`: where earlier ones are in use. */
export const trashPath = (directory: string, number = 1): string =>
  beside(directory, (short, hash) => `.trash-${short}-${hash}${number === 1 ? "" : `-${number}`}`);

/** A name may have 255 bytes, and 40 letters have at most 160. The hash tells long names apart. */
const beside = (directory: string, nameOf: (short: string, hash: string) => string): string => {
  const name = basename(directory);
  return join(dirname(directory), nameOf(name.slice(0, 40), hashOf(name)));
};

const hashOf = (name: string): string => createHash("sha256").update(name).digest("hex").slice(0, 12);

const LEFTOVER = /^\.(?:trash-.{0,40}-([0-9a-f]{12})(?:-\d+)?|.{0,40}\.preparing-([0-9a-f]{12})-[0-9a-f]{12})$/s;

/** Removes what earlier starts have left of these directories, all in one base directory. What is in use stays. */
export const removeLeftovers = async (base: string, names: readonly string[]): Promise<void> => {
  const hidden = (await readdir(base)).filter((name) => LEFTOVER.test(name));
  if (hidden.length === 0) return;
  const own = new Set(names.map(hashOf));
  for (const name of hidden) {
    const [, trash, preparing] = LEFTOVER.exec(name) ?? [];
    if (own.has(trash ?? preparing ?? "")) await removeTree(join(base, name), { atOnce: true }).catch(() => undefined);
  }
};
