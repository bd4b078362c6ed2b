/** Removes a directory with all that it holds. */
import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "./errno.js";

/**
 * Removes a directory, even if directories in it are read-only: a job or an older version of this program leaves such
 * directories. A missing directory is fine. Does not follow links. Rejects with the error of the file system.
 */
export const removeTree = async (path: string): Promise<void> => {
  try {
    await rm(path, OPTIONS);
  } catch (error) {
    if (!DENIED.has(codeOf(error) ?? "")) throw error;
    await unlock(path);
    await rm(path, OPTIONS);
  }
};

const OPTIONS = { recursive: true, force: true, maxRetries: 5, retryDelay: 200 };

const DENIED: ReadonlySet<string> = new Set(["EACCES", "EPERM"]);

/** Makes every directory writable, from the top, except those that another user owns. */
const unlock = async (directory: string): Promise<void> => {
  await chmod(directory, 0o700).catch(() => undefined);
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await unlock(join(directory, entry.name));
};
