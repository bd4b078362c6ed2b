/** The group of a run directory and its copies, as rsync keeps it in the Python tool. */
import { lchown, lstat } from "node:fs/promises";

/** What a new directory has got from its parent. */
export interface Inherited {
  /** The bit `setgid`, or 0: with it, everything that is made below gets the group of the base directory. */
  readonly setgid: number;
  readonly gid: number;
}

export const inheritedBy = async (directory: string): Promise<Inherited> => {
  const { mode, gid } = await lstat(directory);
  return { setgid: mode & 0o2000, gid };
};

/**
 * Gives a copy the group of its original, unless the base directory decides the group. A user may give only groups of
 * their own. True if the group has changed, which clears the bits `setuid` and `setgid` of files.
 */
export const keepGroup = async (path: string, gid: number, inherited: Inherited): Promise<boolean> => {
  if (inherited.setgid !== 0 || gid === inherited.gid || !mayGive(gid)) return false;
  try {
    await lchown(path, -1, gid);
    return true;
  } catch {
    // Some file systems have no groups, and some servers refuse.
    return false;
  }
};

const mayGive = (gid: number): boolean => process.getuid?.() === 0 || groups().has(gid);

let known: ReadonlySet<number> | undefined;

const groups = (): ReadonlySet<number> => (known ??= new Set(process.getgroups?.()));
