/** Whether a file has a name under which a later start can find it again. */
import { realpath, stat } from "node:fs/promises";
import { realOf } from "./real-path.js";

/**
 * The real path of a file. Undefined if the file exists and has no lasting name: a pipe such as `<( … )`, a terminal, or
 * a file that was deleted while it is open.
 */
export const lastingName = async (path: string): Promise<string | undefined> => {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return realOf(path);
  if (!found.isFile() && !found.isDirectory()) return undefined;
  return realpath(path).catch(() => undefined);
};
