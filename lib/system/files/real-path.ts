/** Real paths: symbolic links resolved. */
import { realpathSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";

/** Resolves the links in the part of a path that exists and can be read; the rest is kept as it is. */
export const realOf = async (path: string): Promise<string> => {
  try {
    return await realpath(path);
  } catch {
    return dirname(path) === path ? path : join(await realOf(dirname(path)), basename(path));
  }
};

/**
 * The path that a program in `directory` reaches by `path`. As in the kernel, a `..` after a link leads out of the
 * directory that the link leads to. A path without `..` keeps its links.
 */
export const reachedFrom = (directory: string, path: string): string => {
  let reached = isAbsolute(path) ? "/" : directory;
  for (const part of path.split("/")) {
    if (part === "..") reached = dirname(realOfSync(reached));
    else if (part !== "" && part !== ".") reached = join(reached, part);
  }
  return reached;
};

const realOfSync = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(realOfSync(dirname(path)), basename(path));
  }
};
