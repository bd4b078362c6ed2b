/**
 * The locks of batches. Two configurations may share a base directory, and a configuration may have several names; but of
 * all instances whose runs would have the same directories, one at a time runs them.
 */
import { rmdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { codeOf } from "../system/files/errno.js";
import { realOf } from "../system/files/real-path.js";
import { disk } from "./disk.js";
import { acquire, type Lock } from "./lock.js";

/** What decides the directories of a batch's runs. */
export interface LockedBatch {
  readonly name: string;
  readonly basedir: string;
}

export interface BatchLocks {
  /**
   * Takes the locks of these batches, except those that are held already, and those whose base directory has no parent yet.
   * Rejects with `Locked` if another instance holds one of them.
   */
  hold(batches: readonly LockedBatch[]): Promise<void>;
  release(): Promise<void>;
}

export const openBatchLocks = (takeOver: boolean): BatchLocks => {
  const held = new Map<string, Lock>();
  const holdOne = async ({ name, basedir }: LockedBatch) => {
    const directory = lockDirectoryOf({ name, basedir: await realOf(basedir) });
    if (held.has(directory) || !(await isDirectory(dirname(directory)))) return;
    const lock = await acquireIn(directory, { takeOver, what: `the batch ${name} in ${basedir}` });
    if (lock !== undefined) held.set(directory, lock);
  };
  return {
    hold: async (batches) => {
      const results = await Promise.allSettled(batches.map(holdOne));
      const failed = results.find((result) => result.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
    release: async () => {
      const all = [...held];
      held.clear();
      for (const [directory, lock] of all) {
        await lock.release().catch(() => undefined);
        // Another instance may have come meanwhile.
        await rmdir(directory).catch(() => undefined);
      }
    },
  };
};

/**
 * Beside the base directory, because a task may copy or remove all that is in it. The batch's name has no dot in it, so
 * that no two batches share a lock.
 */
const lockDirectoryOf = ({ name, basedir }: LockedBatch): string =>
  join(dirname(basedir), `.${basename(basedir)}.${encodeURIComponent(name).replaceAll(".", "%2E")}.lock`);

/** How often an instance that releases the lock may remove the directory before this one has made its file there. */
const ATTEMPTS = 10;

/** The lock; undefined if the file system takes none there: what the user may not write, no other instance of theirs locks. */
const acquireIn = async (
  directory: string,
  options: { readonly takeOver: boolean; readonly what: string },
): Promise<Lock | undefined> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await acquire({ disk, directory, ...options });
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      if (codeOf(error) !== "ENOENT" || attempt === ATTEMPTS) return undefined;
    }
  }
};

const isDirectory = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
