/** Makes a run's directory: a copy of the template directory with what was rendered in place of the templates. */
import { createHash, randomBytes } from "node:crypto";
import {
  chmod,
  constants,
  copyFile,
  lutimes,
  mkdir,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  utimes,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Abandon } from "../../events/failure.js";
import { codeOf, failureAt } from "../../system/files/errno.js";
import type { Entry } from "./tree.js";
import { goneAtExit } from "./unfinished.js";
import { naming, type Rendered, writeNew } from "./write.js";

export interface Staging {
  readonly templatedir: string;
  readonly directory: string;
  /** What is copied: everything but the templates. */
  readonly copied: readonly Entry[];
  readonly rendered: readonly Rendered[];
}

/**
 * Makes the directory under another name first, so that a run directory is either whole or not there: what a full disk
 * has cut short is gone when it is tried again. Throws `Abandon`.
 */
export const stage = async (staging: Staging): Promise<void> => {
  const { directory } = staging;
  const making = join(dirname(directory), `${makingName(directory)}${randomBytes(6).toString("hex")}`);
  const settled = goneAtExit(making);
  try {
    await naming(directory, () => mkdir(making, 0o700));
    await fill(staging, making);
    await putInPlace(staging, making);
  } catch (error) {
    await discard(staging, making);
    throw error;
  } finally {
    settled();
  }
};

/** Removes what an earlier start has left of it, one that has come to its end in the middle of this. */
export const clearUnfinished = async (directory: string): Promise<void> => {
  const base = dirname(directory);
  for (const name of await readdir(base)) {
    if (!name.startsWith(makingName(directory))) continue;
    await rm(join(base, name), { recursive: true, force: true }).catch(() => undefined);
  }
};

/** How all names begin under which it is made, and no other. A name may have 255 bytes, and a letter up to four. */
const makingName = (directory: string): string => {
  const name = basename(directory);
  const mark = createHash("sha256").update(name).digest("hex").slice(0, 12);
  return `.${name.slice(0, 40)}.preparing-${mark}-`;
};

/** What is in the way of a run's directory. */
export const existing = (directory: string): Abandon =>
  new Abandon({
    reason: "directory",
    directory,
    message: "it exists already; -p (--pickup) keeps it and renders its templates again",
  });

const fill = async ({ templatedir, directory, copied, rendered }: Staging, making: string): Promise<void> => {
  // Directories come before what is in them. Their times and modes are set last: writing into them needs other ones.
  const directories = copied.filter(({ kind }) => kind === "directory");
  for (const { path } of directories) await naming(join(directory, path), () => mkdir(join(making, path), 0o700));
  // Every one of them has ended when this goes on: after a failure all of it is removed, and nothing may be added then.
  const ends = await Promise.allSettled([
    ...copied.map((entry) =>
      naming(join(directory, entry.path), () => copy(entry, join(templatedir, entry.path), join(making, entry.path))),
    ),
    ...rendered.map((one) => naming(join(directory, one.path), () => writeNew(join(making, one.path), one))),
  ]);
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  for (const { path, mode, atime, mtime } of directories.reverse()) {
    await naming(join(directory, path), async () => {
      await utimes(join(making, path), atime, mtime);
      await chmod(join(making, path), mode);
    });
  }
};

const copy = async (entry: Entry, source: string, target: string): Promise<void> => {
  const { atime, mtime } = entry;
  switch (entry.kind) {
    case "directory":
      return;
    case "link":
      await symlink(entry.target, target);
      return lutimes(target, atime, mtime);
    case "file":
      await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE).catch((error: unknown) => {
        // The new directory is ours: what is not a matter of storage is one of the file that is copied.
        const failure = failureAt(source, error);
        throw failure.reason === "storage" ? error : new Abandon(failure);
      });
      return utimes(target, atime, mtime);
    case "other":
      throw new Abandon({ reason: "directory", directory: source, message: NOT_COPYABLE });
  }
};

export const NOT_COPYABLE = "it is a socket, a pipe or a device, and cannot be copied";

const putInPlace = ({ directory, templatedir }: Staging, making: string): Promise<void> =>
  naming(directory, async () => {
    const { mode } = await stat(templatedir);
    // A run has to be able to write into its own directory, even where nobody may write into the template's.
    await chmod(making, (mode & 0o7777) | 0o700);
    await rename(making, directory).catch((error: unknown) => {
      throw OCCUPIED.has(codeOf(error) ?? "") ? existing(directory) : error;
    });
  });

/** Somebody else has made it in the meantime. */
const OCCUPIED: ReadonlySet<string> = new Set(["EEXIST", "ENOTEMPTY", "ENOTDIR"]);

const discard = async ({ copied }: Staging, making: string): Promise<void> => {
  // What is in a directory that nobody may write into can only be removed when somebody may.
  for (const { path, kind } of copied) {
    if (kind === "directory") await chmod(join(making, path), 0o700).catch(() => undefined);
  }
  await rm(making, { recursive: true, force: true }).catch(() => undefined);
};
