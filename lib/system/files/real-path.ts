/** Where a path leads once its links are followed. */
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** The path without links, as far as it is there and may be looked at; what is not yet there has none. */
export const realOf = async (path: string): Promise<string> => {
  try {
    return await realpath(path);
  } catch {
    return dirname(path) === path ? path : join(await realOf(dirname(path)), basename(path));
  }
};
