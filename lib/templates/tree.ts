/** What stands in a template directory. */
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";

export type Entry = {
  /** Relative to the directory. */
  readonly path: string;
  /** The permission bits. */
  readonly mode: number;
  readonly mtime: Date;
  /** Changes when the file does. */
  readonly signature: string;
} & (
  | { readonly kind: "file" | "directory" }
  | { readonly kind: "link"; readonly target: string }
  /** A socket, a pipe or a device: nothing that can be copied. */
  | { readonly kind: "other" }
);

/** Everything below a directory, parents before what is in them. Links are not followed. */
export const readTree = async (root: string, below = ""): Promise<readonly Entry[]> => {
  const names = await readdir(join(root, below));
  const entries = await Promise.all(names.sort().map((name) => entryAt(root, join(below, name))));
  const nested = await Promise.all(
    entries.map(async (entry) =>
      entry.kind === "directory" ? [entry, ...(await readTree(root, entry.path))] : [entry],
    ),
  );
  return nested.flat();
};

const entryAt = async (root: string, path: string): Promise<Entry> => {
  const stats = await lstat(join(root, path));
  const { mtime, mtimeMs, size, ino } = stats;
  const common = { path, mode: stats.mode & 0o7777, mtime, signature: `${ino}:${size}:${mtimeMs}` };
  if (stats.isFile()) return { ...common, kind: "file" };
  if (stats.isDirectory()) return { ...common, kind: "directory" };
  if (stats.isSymbolicLink()) return { ...common, kind: "link", target: await readlink(join(root, path)) };
  return { ...common, kind: "other" };
};
