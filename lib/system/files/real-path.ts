/** Real paths: symbolic links resolved. */
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Resolves the links in the part of a path that exists and can be read; the rest is kept as it is. */
export const realOf = async (path: string): Promise<string> => {
  try {
    return await realpath(path);
  } catch {
    return dirname(path) === path ? path : join(await realOf(dirname(path)), basename(path));
  }
};
