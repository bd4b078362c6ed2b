/** Writes rendered templates, never through a symbolic link. */
import { randomBytes } from "node:crypto";
import { lstat as lstatCallback, writeFile as writeFileCallback } from "node:fs";
import { chmod, mkdir, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { Abandon } from "../../events/failure.js";
import { codeOf, failureAt } from "../../system/files/errno.js";

/** A rendered template. */
export interface Rendered {
  /** Relative to the run directory. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

// These take less than half the time of their namesakes in `node:fs/promises`, and a run makes many such calls.
const lstat = promisify(lstatCallback);
const writeFile = promisify(writeFileCallback);

/** Makes a new file. An existing file or link is an error; the link is not followed (`O_EXCL`, open(2)). */
export const writeNew = async (path: string, { text, mode }: Pick<Rendered, "text" | "mode">): Promise<void> => {
  await writeFile(path, text, { flag: "wx", mode });
  if (UNMASKED.has(mode)) return;
  if (((await lstat(path)).mode & 0o7777) === mode) UNMASKED.add(mode);
  else await chmod(path, mode);
};

/** Modes that the umask leaves unchanged. Node cannot read the umask without setting it. */
const UNMASKED = new Set<number>();

/**
 * Writes rendered templates into a run directory that exists already. Replaces files and links of the same names, and
 * removes the `sources` (the templates), so that the directory looks like a new one. Throws `Abandon`.
 */
export const writeInto = async (
  directory: string,
  rendered: readonly Rendered[],
  sources: readonly string[],
): Promise<void> => {
  for (const one of rendered) {
    const file = join(directory, one.path);
    await withPath(file, async () => {
      await makeDirectories(directory, dirname(one.path));
      const temporary = join(dirname(file), `.${basename(file).slice(0, 40)}.${randomBytes(6).toString("hex")}`);
      try {
        await writeNew(temporary, one);
        await rename(temporary, file);
      } catch (error) {
        await unlink(temporary).catch(() => undefined);
        throw error;
      }
    });
  }
  const made = new Set(rendered.map(({ path }) => path));
  for (const source of sources.filter((path) => !made.has(path))) {
    const file = join(directory, source);
    // No directory on the way is a link: `makeDirectories` has checked them for the rendered file.
    await withPath(file, () => unlinkIfExists(file));
  }
};

const unlinkIfExists = async (file: string): Promise<void> => {
  try {
    await unlink(file);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
};

/** The kind of file at a path, without following links. Throws `Abandon`. */
export const kindAt = (path: string): Promise<"nothing" | "directory" | "other"> =>
  withPath(path, async () => {
    try {
      return (await lstat(path)).isDirectory() ? "directory" : "other";
    } catch (error) {
      if (codeOf(error) === "ENOENT") return "nothing";
      throw error;
    }
  });

/** Does work at a path. An error of the file system becomes an `Abandon` that names the path. */
export const withPath = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Abandon ? error : new Abandon(failureAt(path, error));
  }
};

/** Makes the directories above a file. Refuses links, which could lead out of the run directory. */
const makeDirectories = async (root: string, below: string): Promise<void> => {
  let path = root;
  for (const name of below.split("/").filter((part) => part !== "." && part !== "")) {
    path = join(path, name);
    const found = await kindAt(path);
    if (found === "nothing") await mkdir(path);
    if (found === "other") {
      const message = "a template is rendered into this directory, but the path is a symbolic link or not a directory";
      throw new Abandon({ reason: "directory", directory: path, message });
    }
  }
};
