/** Whether two paths lead to one file. */
import { stat } from "node:fs/promises";

/** Compares device and inode, of files or directories. False if one of the paths leads nowhere. */
export const isSameFile = async (one: string, other: string): Promise<boolean> => {
  const [first, second] = await Promise.all(
    [one, other].map((path) => stat(path, { bigint: true }).catch(() => undefined)),
  );
  return first !== undefined && second !== undefined && first.ino === second.ino && first.dev === second.dev;
};
