/** Removes a directory with all that it holds. */
import { chmod, lstat, readdir, rm, unlink } from "node:fs/promises";
import { codeOf } from "./errno.js";

/**
 * Removes a directory, even if directories in it are read-only: a job or an older version of this program leaves such
 * directories. A missing directory is fine. Does not follow links. Rejects with the error of the file system; what is in
 * use is tried again for a second first, unless `atOnce`.
 */
export const removeTree = async (path: string, { atOnce = false } = {}): Promise<void> => {
  const options = { recursive: true, force: true, maxRetries: atOnce ? 0 : 2, retryDelay: 100 };
  try {
    await rm(path, options);
  } catch (error) {
    const denial = await denialIn(error);
    if (!DENIED.has(codeOf(denial) ?? "")) throw denial;
    await unlock(path);
    await rm(path, options).catch(async (again: unknown) => {
      throw await denialIn(again);
    });
  }
};

/** Node takes a file that it may not delete for a directory, and fails with ENOTDIR: the file itself tells why. */
const denialIn = async (error: unknown): Promise<unknown> => {
  const { path } = error as NodeJS.ErrnoException;
  if (codeOf(error) !== "ENOTDIR" || path === undefined) return error;
  return unlink(path).then(
    () => error,
    (denial: unknown) => denial,
  );
};

const DENIED: ReadonlySet<string> = new Set(["EACCES", "EPERM"]);

/** Makes every directory writable, from the top, except those that another user owns. */
const unlock = async (directory: string | Buffer): Promise<void> => {
  await chmod(directory, 0o700).catch(() => undefined);
  const names = await readdir(directory, { encoding: "buffer" }).catch(() => []);
  for (const name of names) {
    // A name may be no UTF-8.
    const path = Buffer.concat([Buffer.from(directory), Buffer.from("/"), name]);
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isDirectory()) await unlock(path);
  }
};
