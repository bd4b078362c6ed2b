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

// These cost less than half of what their namesakes in `node:fs/promises` do, and a run has many of them.
const lstat = promisify(lstatCallback);
const writeFile = promisify(writeFileCallback);

/** Makes a file. One that is there already is an error, and so is a link: it is not followed (`O_EXCL`, open(2)). */
export const writeNew = async (path: string, { text, mode }: Pick<Rendered, "text" | "mode">): Promise<void> => {
  await writeFile(path, text, { flag: "wx", mode });
  if (UNMASKED.has(mode)) return;
  if (((await lstat(path)).mode & 0o7777) === mode) UNMASKED.add(mode);
  else await chmod(path, mode);
};

/** Modes of which the umask takes nothing away: there is no way to ask for the umask without setting it. */
const UNMASKED = new Set<number>();

/**
 * Renders into a directory that is kept. What was there under these names, be it a link, is replaced, and of the
 * `sources` nothing is left, as in a directory that is new. Throws `Abandon`.
 */
export const renderInto = async (
  directory: string,
  rendered: readonly Rendered[],
  sources: readonly string[],
): Promise<void> => {
  for (const one of rendered) {
    const file = join(directory, one.path);
    await naming(file, async () => {
      await demandDirectories(directory, dirname(one.path));
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
    // The way to it was looked at above: what a template is rendered to stands beside it.
    await naming(file, () => unlinkIfThere(file));
  }
};

const unlinkIfThere = async (file: string): Promise<void> => {
  try {
    await unlink(file);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
};

/** Nothing, a directory, or something else: what stands at a path, links not followed. Throws `Abandon`. */
export const standsAt = (path: string): Promise<"nothing" | "directory" | "other"> =>
  naming(path, async () => {
    try {
      return (await lstat(path)).isDirectory() ? "directory" : "other";
    } catch (error) {
      if (codeOf(error) === "ENOENT") return "nothing";
      throw error;
    }
  });

/** Does work at a path; what the file system says against it becomes an `Abandon` that names the path. */
export const naming = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Abandon ? error : new Abandon(failureAt(path, error));
  }
};

/** Makes the directories that lead to a file. A link among them could lead out of the run directory. */
const demandDirectories = async (root: string, below: string): Promise<void> => {
  let path = root;
  for (const name of below.split("/").filter((part) => part !== "." && part !== "")) {
    path = join(path, name);
    const found = await standsAt(path);
    if (found === "nothing") await mkdir(path);
    if (found === "other") {
      const message = "a template is to be rendered into it, but it is a symbolic link or no directory at all";
      throw new Abandon({ reason: "directory", directory: path, message });
    }
  }
};
