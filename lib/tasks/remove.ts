/** `remove`: removes a directory, by default the run's, and refuses any that it must never remove. */
import { lstat, realpath, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { defer, type Observable } from "rxjs";
import type { CheckResult, Place } from "../effects/effects.js";
import { Abandon } from "../events/failure.js";
import { codeOf, failureAt } from "../system/files/errno.js";
import { reachedFrom } from "../system/files/real-path.js";
import type { Trash } from "../system/files/trash.js";
import { type Arguments, refused, textIn } from "./argument.js";
import { demandRemovable } from "./removable.js";
import type { Tools } from "./tools.js";

/**
 * A directory that does not exist is fine, and so is a file in use: the result tells. Fails as `refused`, `directory` or
 * `storage`.
 */
export const remove = ({ plan, trash }: Tools, args: Arguments, place: Place): Observable<CheckResult> =>
  defer(async (): Promise<CheckResult> => {
    const path = pathOf(textIn(args, "directory"), place);
    try {
      // The links in its path are resolved, so that the checks see what would be removed.
      const real = join(await realpath(dirname(path)), basename(path));
      await demandRemovable(real, plan, place);
      const message = await removeAt(real, trash);
      return { holds: true, ...(message !== undefined && { message }) };
    } catch (error) {
      if (error instanceof Abandon) throw error;
      if (codeOf(error) !== "ENOENT") throw new Abandon(failureAt(path, error));
      return { holds: true };
    }
  });

const pathOf = (named: string | undefined, { directory }: Place): string => {
  if (named === undefined) return directory;
  if (/^~/.test(named)) throw refused(named, "`~` has no meaning here; write the path");
  if (/^[./]+$/.test(named))
    throw refused(named, "it names no directory; leave `directory` out to remove the run's own");
  return reachedFrom(directory, named);
};

const removeAt = async (real: string, trash: Trash): Promise<string | undefined> => {
  const stats = await lstat(real).catch((error: unknown) => {
    // An earlier start may have moved it to the trash, and died.
    if (codeOf(error) !== "ENOENT") throw error;
  });
  if (stats?.isSymbolicLink()) {
    await unlink(real);
    return undefined;
  }
  if (stats?.isDirectory() === false) throw refused(real, "it is not a directory");
  return trash.discard(real);
};
