/** Makes a run's directory: a copy of the template directory with rendered files in place of the templates. */
import { chmod, lutimes, mkdir, rename, stat, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { Abandon } from "../../events/failure.js";
import { codeOf, failureAt } from "../../system/files/errno.js";
import { preparingPath } from "../../system/files/leftovers.js";
import { removeTree } from "../../system/files/remove-tree.js";
import { eachAtMost } from "./at-most.js";
import { copyNew } from "./copy-file.js";
import { type Inherited, inheritedBy, keepGroup } from "./ownership.js";
import type { Entry } from "./tree.js";
import { removeAtExit } from "./unfinished.js";
import { type Rendered, withPath, writeNew } from "./write.js";

export interface Staging {
  readonly templatedir: string;
  readonly directory: string;
  /** The entries to copy: all but the templates. */
  readonly copied: readonly Entry[];
  readonly rendered: readonly Rendered[];
  /** Tells that the run is interrupted. What is made then is left to the exit, or to the next start. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A run may write to its copies, even if the template directory is read-only: copied directories get `u+rwx`, and copied
 * files `u+w`.
 *
 * Makes the directory under a temporary name first, so that a run directory is either complete or absent: a full disk
 * leaves nothing in the way of the next attempt. Throws `Abandon`.
 */
export const stage = async (staging: Staging): Promise<void> => {
  const { directory, signal } = staging;
  const temporary = preparingPath(directory);
  const release = removeAtExit(temporary);
  try {
    await withPath(directory, () => mkdir(temporary, 0o700));
    const inherited = await inheritedBy(temporary);
    await fill(staging, temporary, inherited);
    await moveIntoPlace(staging, temporary, inherited);
    release();
  } catch (error) {
    if (signal?.aborted) throw error;
    await discard(temporary);
    release();
    throw error;
  }
};

export const alreadyExists = (directory: string): Abandon =>
  new Abandon({
    reason: "directory",
    directory,
    message: "the directory exists already; -p (--pickup) keeps it and renders its templates again",
  });

const fill = async (
  { templatedir, directory, copied, rendered, signal }: Staging,
  temporary: string,
  inherited: Inherited,
): Promise<void> => {
  // Parents come before their entries. Modes and times are set last: writing needs other modes and changes the times.
  const directories = copied.filter(({ kind }) => kind === "directory");
  for (const { path } of directories) await withPath(join(directory, path), () => mkdir(join(temporary, path), 0o700));
  await eachAtMost(AT_ONCE, copied, (entry) => {
    signal?.throwIfAborted();
    return withPath(join(directory, entry.path), () =>
      copy(entry, join(templatedir, entry.path), { target: join(temporary, entry.path), inherited }),
    );
  });
  await eachAtMost(AT_ONCE, rendered, (one) =>
    withPath(join(directory, one.path), () => writeNew(join(temporary, one.path), one)),
  );
  for (const { path, mode, gid, atime, mtime } of directories.reverse()) {
    await withPath(join(directory, path), async () => {
      const made = join(temporary, path);
      await keepGroup(made, gid, inherited);
      await utimes(made, atime, mtime);
      await chmod(made, mode | 0o700 | inherited.setgid);
    });
  }
};

/** As many as keep the disk busy. More would take memory, and delay the end after a signal. */
const AT_ONCE = 32;

const copy = async (
  entry: Entry,
  source: string,
  { target, inherited }: { readonly target: string; readonly inherited: Inherited },
): Promise<void> => {
  const { atime, mtime, gid } = entry;
  switch (entry.kind) {
    case "directory":
      return;
    case "link":
      await symlink(entry.bytes, target);
      await keepGroup(target, gid, inherited);
      return lutimes(target, atime, mtime);
    case "file":
      await copyNew(source, target, entry.sparse === true).catch((error: unknown) => {
        // A storage error is about the copy, and so is EPERM, which fchmod(2) returns where a file system such as vfat
        // refuses modes. The new directory is writable, so every other error is about the source file.
        const failure = failureAt(source, error);
        throw failure.reason === "storage" || codeOf(error) === "EPERM" ? error : new Abandon(failure);
      });
      if ((await keepGroup(target, gid, inherited)) || (entry.mode & 0o200) === 0)
        await chmod(target, entry.mode | 0o200);
      return utimes(target, atime, mtime);
    case "other":
      throw new Abandon({ reason: "directory", directory: source, message: NOT_COPYABLE });
  }
};

export const NOT_COPYABLE = "a socket, a pipe or a device cannot be copied";

const moveIntoPlace = ({ directory, templatedir }: Staging, temporary: string, inherited: Inherited): Promise<void> =>
  withPath(directory, async () => {
    const { mode, gid } = await stat(templatedir);
    await keepGroup(temporary, gid, inherited);
    await chmod(temporary, (mode & 0o7777) | 0o700 | inherited.setgid);
    await rename(temporary, directory).catch((error: unknown) => {
      throw OCCUPIED.has(codeOf(error) ?? "") ? alreadyExists(directory) : error;
    });
  });

/** The error codes if another program has made the directory in the meantime. */
const OCCUPIED: ReadonlySet<string> = new Set(["EEXIST", "ENOTEMPTY", "ENOTDIR"]);

const discard = async (temporary: string): Promise<void> => {
  await removeTree(temporary).catch(() => undefined);
};
