/** Deletes directories, also those that hold files in use: what cannot be deleted yet stays hidden until later. */
import { rename } from "node:fs/promises";
import { basename } from "node:path";
import { Abandon } from "../../events/failure.js";
import { codeOf, failureAt, messageOf } from "./errno.js";
import { trashPath } from "./leftovers.js";
import { removeTree } from "./remove-tree.js";

export interface Trash {
  /**
   * Removes a directory. Resolves with a sentence if a part of it could not be deleted yet. Rejects with an `Abandon`, or
   * with the error of the file system if the directory cannot be renamed.
   */
  discard(directory: string): Promise<string | undefined>;
  /** Tries once more to delete all that could not be deleted. */
  empty(): Promise<void>;
}

export const openTrash = (): Trash => {
  const left = new Set<string>();
  /** Resolves with the error if something in the directory is in use. */
  const clear = async (path: string, options?: { readonly atOnce: boolean }): Promise<unknown> => {
    try {
      await removeTree(path, options);
      left.delete(path);
      return undefined;
    } catch (error) {
      // The file that cannot be deleted, if the system names it.
      const { path: file = path } = error as NodeJS.ErrnoException;
      if (!IN_USE.has(codeOf(error) ?? "")) throw new Abandon(failureAt(file, error));
      left.add(path);
      return error;
    }
  };
  /** A free name. An earlier start may have died before it had deleted what has the first. */
  const freePath = async (directory: string): Promise<string> => {
    for (let number = 1; ; number++) {
      const path = trashPath(directory, number);
      const error = await clear(path, { atOnce: left.has(path) });
      if (error === undefined) return path;
      if (number === MOST) throw new Abandon(failureAt(path, error));
    }
  };
  return {
    discard: async (directory) => {
      const path = await freePath(directory);
      // Renamed first, so that no reader of the old name ever sees half a directory.
      await rename(directory, path);
      const error = await clear(path);
      return error === undefined ? undefined : sentenceFor(path, error);
    },
    empty: async () => {
      for (const path of left) await clear(path, { atOnce: true }).catch(() => undefined);
    },
  };
};

/**
 * NFS keeps a removed file that a process still has open, under a name such as `.nfs000012ab`, and its directory cannot
 * be deleted before (`ENOTEMPTY`). Other file systems refuse with the other codes.
 */
const IN_USE: ReadonlySet<string> = new Set(["EBUSY", "ENOTEMPTY", "EEXIST", "ETXTBSY"]);

const MOST = 20;

const sentenceFor = (path: string, error: unknown): string => {
  const { path: file = path, code = "" } = error as NodeJS.ErrnoException;
  const why = `${file} cannot be deleted now: ${messageOf(error)} (${code})`;
  return `part of the directory stays in ${basename(path)}: ${why}; the program deletes it at its end, or at its next start`;
};
