/**
 * Makes directories with all their parents.
 *
 * Node's own `recursive` spins for ever where a parent exists and answers ENOENT, as /proc and autofs do. Here each path
 * is tried at most twice: once on the way up to a parent that exists, once on the way down.
 */
import { mkdirSync, statSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Abandon } from "../../events/failure.js";
import { codeOf, failureAt, messageOf } from "./errno.js";

/**
 * Makes a directory and its missing parents, each with this mode, less the umask. An existing directory is fine. Rejects
 * with the error of the file system; the error's `path` is the directory that could not be made.
 */
export const makeDirectory = async (path: string, mode = ANYBODY): Promise<void> => {
  const problem = await attempt(path, mode);
  if (problem === undefined) return;
  await makeDirectory(parentToMake(path, problem), mode);
  const again = await attempt(path, mode);
  if (again !== undefined) throw again;
};

/** The synchronous `makeDirectory`. */
export const makeDirectorySync = (path: string, mode = ANYBODY): void => {
  const problem = attemptSync(path, mode);
  if (problem === undefined) return;
  makeDirectorySync(parentToMake(path, problem), mode);
  const again = attemptSync(path, mode);
  if (again !== undefined) throw again;
};

/** `makeDirectory` for a directory that the user named: rejects with an `Abandon` that tells the path and the errno. */
export const needDirectory = async (path: string): Promise<void> => {
  try {
    await makeDirectory(path);
  } catch (error) {
    const failure = failureAt((error as NodeJS.ErrnoException).path ?? path, error);
    if (failure.reason !== "directory") throw new Abandon(failure);
    throw new Abandon({ ...failure, message: `the directory cannot be made: ${reasonOf(error)}` });
  }
};

/** A sentence on a failed `makeDirectory`; undefined for any other error. */
export const notMade = (error: unknown): string | undefined => {
  const { syscall, path } = error as NodeJS.ErrnoException;
  return syscall === "mkdir" ? `the directory ${path ?? ""} cannot be made: ${reasonOf(error)}` : undefined;
};

const reasonOf = (error: unknown): string => {
  const code = codeOf(error) ?? "";
  return `${REASONS[code] ?? messageOf(error)} (${code})`;
};

/** The usual words would mislead here: the parent exists, or what exists is not a directory. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "the file system takes no new directory here",
  EEXIST: "a file, or a link that leads nowhere, has this name",
};

const ANYBODY = 0o777;

/** The parent, which may be missing. Throws the problem if it has another cause. */
const parentToMake = (path: string, problem: Error): string => {
  const parent = dirname(path);
  if (codeOf(problem) !== "ENOENT" || parent === path) throw problem;
  return parent;
};

/** Undefined if there is a directory now, whatever mkdir answered: another process may have made it meanwhile. */
const attempt = async (path: string, mode: number): Promise<Error | undefined> => {
  try {
    await mkdir(path, mode);
    return undefined;
  } catch (error) {
    const stats = await stat(path).catch(() => undefined);
    return stats?.isDirectory() ? undefined : (error as Error);
  }
};

const attemptSync = (path: string, mode: number): Error | undefined => {
  try {
    mkdirSync(path, mode);
    return undefined;
  } catch (error) {
    return isDirectory(path) ? undefined : (error as Error);
  }
};

const isDirectory = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
};
