/** `remove`: removes a directory, by default the run's, and refuses any that it must never remove. */
import { createHash } from "node:crypto";
import { lstat, realpath, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { defer, type Observable } from "rxjs";
import type { CheckResult, Place } from "../effects/effects.js";
import { Abandon } from "../events/failure.js";
import { codeOf, failureAt } from "../system/files/errno.js";
import { reachedFrom } from "../system/files/real-path.js";
import { removeTree } from "../system/files/remove-tree.js";
import { type Arguments, refused, textIn } from "./argument.js";
import { demandRemovable } from "./removable.js";
import type { Tools } from "./tools.js";

/** A directory that does not exist is fine. Fails as `refused`, `directory` or `storage`. */
export const remove = ({ plan }: Tools, args: Arguments, place: Place): Observable<CheckResult> =>
  defer(async () => {
    const path = pathOf(textIn(args, "directory"), place);
    try {
      // The links in its path are resolved, so that the checks see what would be removed.
      const real = join(await realpath(dirname(path)), basename(path));
      await demandRemovable(real, plan, place);
      await removeAt(real);
    } catch (error) {
      if (error instanceof Abandon) throw error;
      if (codeOf(error) !== "ENOENT") throw new Abandon(failureAt(path, error));
    }
    return { holds: true as const };
  });

const pathOf = (named: string | undefined, { directory }: Place): string => {
  if (named === undefined) return directory;
  if (/^~/.test(named)) throw refused(named, "`~` has no meaning here; write the path");
  if (/^[./]+$/.test(named))
    throw refused(named, "it names no directory; leave `directory` out to remove the run's own");
  return reachedFrom(directory, named);
};

const removeAt = async (real: string): Promise<void> => {
  const trash = trashOf(real);
  // An earlier start may have died before it had cleared the trash.
  await clear(trash);
  const stats = await lstat(real);
  if (stats.isSymbolicLink()) return unlink(real);
  if (!stats.isDirectory()) throw refused(real, "it is not a directory");
  // Renamed first, so that no reader of the old name ever sees half a directory.
  await rename(real, trash);
  await clear(trash);
};

/** A sibling whose name the next start finds again. 40 letters are at most 160 bytes, and a name may have 255. */
const trashOf = (real: string): string => {
  const name = basename(real);
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 12);
  return join(dirname(real), `.trash-${name.slice(0, 40)}-${hash}`);
};

const clear = async (trash: string): Promise<void> => {
  try {
    await removeTree(trash);
  } catch (error) {
    // The file that cannot be deleted, if the system names it.
    const { path = trash } = error as NodeJS.ErrnoException;
    throw new Abandon(failureAt(path, error));
  }
};
