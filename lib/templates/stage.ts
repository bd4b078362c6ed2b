/** Makes a run's directory: a copy of the template directory with what was rendered in place of the templates. */
import { randomBytes } from "node:crypto";
import {
  chmod,
  constants,
  copyFile,
  lstat,
  lutimes,
  mkdir,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Abandon } from "../failure.js";
import { codeOf, failureAt } from "../world/errors.js";
import type { Entry } from "./tree.js";

/** A rendered template. */
export interface Rendered {
  /** Relative to the run directory. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

export interface Staging {
  readonly templatedir: string;
  readonly directory: string;
  /** What is copied: everything but the templates. */
  readonly copied: readonly Entry[];
  readonly rendered: readonly Rendered[];
}

/**
 * Makes the directory under another name first, so that a run directory is either whole or not there. Throws `Abandon`.
 */
export const stage = async (staging: Staging): Promise<void> => {
  const { directory, templatedir } = staging;
  const making = join(dirname(directory), `.${basename(directory)}.preparing-${randomBytes(6).toString("hex")}`);
  try {
    await mkdir(making, 0o700);
    await fill(staging, making);
    const { mode, mtime } = await stat(templatedir);
    await chmod(making, mode & 0o7777);
    await utimes(making, mtime, mtime);
    await rename(making, directory);
  } catch (error) {
    await rm(making, { recursive: true, force: true }).catch(() => undefined);
    throw abandon(directory, error);
  }
};

/** Renders into a directory that is kept. What was there under these names, be it a link, is replaced. Throws `Abandon`. */
export const renderInto = async (directory: string, rendered: readonly Rendered[]): Promise<void> => {
  try {
    for (const { path, text, mode } of rendered) {
      const target = join(directory, path);
      await demandDirectories(directory, dirname(path));
      const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}`);
      try {
        await writeNew(temporary, text, mode);
        await rename(temporary, target);
      } catch (error) {
        await unlink(temporary).catch(() => undefined);
        throw error;
      }
    }
  } catch (error) {
    throw abandon(directory, error);
  }
};

/** Nothing, a directory, or something else: what stands at a path, links not followed. */
export const standsAt = async (path: string): Promise<"nothing" | "directory" | "other"> => {
  try {
    return (await lstat(path)).isDirectory() ? "directory" : "other";
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "nothing";
    throw abandon(path, error);
  }
};

const fill = async ({ templatedir, copied, rendered }: Staging, making: string): Promise<void> => {
  // Directories come before what is in them. Their times are set last: writing into them changes those.
  const directories = copied.filter(({ kind }) => kind === "directory");
  for (const { path } of directories) await mkdir(join(making, path), 0o700);
  await Promise.all([
    ...copied.map((entry) => copy(entry, join(templatedir, entry.path), join(making, entry.path))),
    ...rendered.map(({ path, text, mode }) => writeNew(join(making, path), text, mode)),
  ]);
  for (const { path, mode, mtime } of [...directories].reverse()) {
    await chmod(join(making, path), mode);
    await utimes(join(making, path), mtime, mtime);
  }
};

const copy = async (entry: Entry, source: string, target: string): Promise<void> => {
  const { mode, mtime } = entry;
  switch (entry.kind) {
    case "directory":
      return;
    case "link":
      await symlink(entry.target, target);
      return lutimes(target, mtime, mtime);
    case "file":
      await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      // Data that nobody may write is still to be given its times.
      await chmod(target, mode);
      return utimes(target, mtime, mtime);
    case "other":
      throw new Abandon({
        reason: "directory",
        directory: source,
        message: "it is a socket, a pipe or a device, and cannot be copied",
      });
  }
};

/** Never through a link: a file that is there already, of whatever kind, is an error. */
const writeNew = async (path: string, text: string, mode: number): Promise<void> => {
  await writeFile(path, text, { flag: "wx", mode });
  // What the umask has taken away.
  if ((mode & ~UMASK) !== mode) await chmod(path, mode);
};

/** Asked once: it can only be asked by setting it. */
const UMASK = process.umask();

const demandDirectories = async (root: string, below: string): Promise<void> => {
  let path = root;
  for (const name of below.split("/").filter((part) => part !== "." && part !== "")) {
    path = join(path, name);
    const found = await standsAt(path);
    if (found === "nothing") await mkdir(path);
    else if (found === "other") {
      throw new Abandon({
        reason: "directory",
        directory: path,
        message: "a template is to be rendered into it, and it is a link or no directory",
      });
    }
  }
};

const abandon = (path: string, error: unknown): Abandon =>
  error instanceof Abandon ? error : new Abandon(failureAt(path, error));
