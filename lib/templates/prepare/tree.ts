/** What stands in a template directory. */
import { lstat as lstatCallback } from "node:fs";
import { readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { codeOf } from "../../system/files/errno.js";

export type Entry = {
  /** Relative to the directory. */
  readonly path: string;
  /** The permission bits. */
  readonly mode: number;
  /** When it was last read and written, in seconds. */
  readonly atime: number;
  readonly mtime: number;
  /** Changes when the file does. */
  readonly signature: string;
} /** `from`: where its text is, of a template that is a link. */ & (
  | { readonly kind: "file"; readonly from?: string }
  | { readonly kind: "directory" }
  | { readonly kind: "link"; readonly target: string }
  /** A socket, a pipe or a device: nothing that can be copied. */
  | { readonly kind: "other" }
);

/** A directory as it stands: its entries by their paths, parents before what is in them. */
export type TemplateTree = ReadonlyMap<string, Entry>;

/** Nobody makes a copy of as much for every run on purpose; a directory such as `/` is named by mistake. */
export const MOST_ENTRIES = 100_000;

/** Everything below a directory. Links are not followed. Throws what the file system says, or a `RangeError`. */
export const readTree = async (root: string): Promise<TemplateTree> => {
  const tree = new Map<string, Entry>();
  const directories = [""];
  for (let below = directories.pop(); below !== undefined; below = directories.pop()) {
    const directory = below;
    const names = await readdir(join(root, directory));
    if (tree.size + names.length > MOST_ENTRIES) {
      throw new RangeError(`it holds more than ${MOST_ENTRIES} files, which is too much to copy for every run`);
    }
    const entries = await Promise.all(names.sort().map((name) => entryAt(root, join(directory, name))));
    for (const entry of entries) {
      tree.set(entry.path, entry);
      if (entry.kind === "directory") directories.push(entry.path);
    }
  }
  return tree;
};

// At half the cost of its namesake in `node:fs/promises`.
const lstat = promisify(lstatCallback);

/** The same text as long as no file in it changes. */
export const signatureOf = (tree: TemplateTree): string => {
  const known = signatures.get(tree);
  if (known !== undefined) return known;
  const made = Array.from(tree.values(), ({ path, signature }) => `${path}\0${signature}`).join("\0");
  signatures.set(tree, made);
  return made;
};

/** Each template of each run asks for it. */
const signatures = new WeakMap<TemplateTree, string>();

const entryAt = async (root: string, path: string): Promise<Entry> => {
  const file = join(root, path);
  const stats = await lstat(file).catch((error: unknown) => {
    // A name in another encoding cannot be told from one that is gone, but for the mark that stands for its letters.
    if (codeOf(error) !== "ENOENT" || !path.includes("\uFFFD")) throw error;
    throw new RangeError(`the name of ${path} is not UTF-8, and cannot be copied`);
  });
  const { atimeMs, mtimeMs, ctimeMs, size, dev, ino } = stats;
  const common = {
    path,
    mode: stats.mode & 0o7777,
    atime: atimeMs / 1000,
    mtime: mtimeMs / 1000,
    signature: `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`,
  };
  if (stats.isFile()) return { ...common, kind: "file" };
  if (stats.isDirectory()) return { ...common, kind: "directory" };
  if (stats.isSymbolicLink()) return { ...common, kind: "link", target: await readlink(file) };
  return { ...common, kind: "other" };
};
