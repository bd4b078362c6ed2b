/** Errors of the file system in words, and as a Failure. */
import type { Failure } from "../../events/failure.js";

/** The name of the errno that an error carries, such as `ENOENT`. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or directory",
  EACCES: "permission denied",
  EPERM: "the system does not permit it",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of its path is not a directory",
  EEXIST: "it exists already",
  ELOOP: "its path is a loop of symbolic links",
  ENAMETOOLONG: "its name is too long",
  ENOSPC: "the file system is full",
  EDQUOT: "the disk quota is used up",
  EBUSY: "it is in use",
  ENOTEMPTY: "it is not empty",
  ETXTBSY: "it is being executed",
  EROFS: "the file system is read-only",
  EIO: "the disk reported an error",
  EMFILE: "this program has too many files open",
  ENFILE: "the system has too many files open",
  ENOMEM: "there is not enough memory",
  EFBIG: "a file would be larger than the limit that `ulimit -f` shows, or than the file system allows",
  ESTALE: "the file server no longer knows it",
};

/** The cause in words, for the end of a sentence. */
export const messageOf = (error: unknown): string => {
  const code = codeOf(error);
  if (code !== undefined) return WORDS[code] ?? code;
  return error instanceof Error ? error.message : String(error);
};

/** The errnos of a file system that is full, read-only or broken, and of a file that may not grow. */
const STORAGE = new Set(["ENOSPC", "EDQUOT", "EROFS", "EIO", "ESTALE", "EFBIG"]);

/** The errnos of a machine that has no room for another open file. */
const MACHINE = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

/** The Failure for an error of the file system at a path. */
export const failureAt = (path: string, error: unknown): Failure => {
  const code = codeOf(error);
  const message = messageOf(error);
  if (code !== undefined && STORAGE.has(code)) return { reason: "storage", path, code, message };
  return { reason: "directory", directory: path, message, ...(code !== undefined && MACHINE.has(code) && { code }) };
};
