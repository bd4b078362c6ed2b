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

/** Whether two paths lead to one file or directory. False if one of them leads nowhere. */
export const isSameFile = async (one: string, other: string): Promise<boolean> => {
  const [first, second] = await Promise.all(
    [one, other].map((path) => stat(path, { bigint: true }).catch(() => undefined)),
  );
  return first !== undefined && second !== undefined && first.ino === second.ino && first.dev === second.dev;
};
