/** The file system as the journal uses it. The interface is so small that specs can make each of its operations fail. */
import { link, open, readdir, readFile, rename, stat, unlink } from "node:fs/promises";
import { makeDirectory } from "../system/files/make-directory.js";
import { realOf } from "../system/files/real-path.js";

export interface Disk {
  /** Makes a directory and its parents, readable by the user alone. */
  makeDirectory(path: string): Promise<void>;
  list(path: string): Promise<readonly string[]>;
  /** Undefined if there is no such file. */
  read(path: string): Promise<Buffer | undefined>;
  /** Opens for writing; `create` makes a new file. */
  open(path: string, mode: "create" | "existing"): Promise<Handle>;
  rename(from: string, to: string): Promise<void>;
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** The identity of a file and the number of its names. Undefined if there is no such file. */
  stat(path: string): Promise<{ readonly inode: bigint; readonly links: bigint } | undefined>;
  /** The real path; links in the part of it that exists are resolved. */
  real(path: string): Promise<string>;
  /** Makes new, renamed and unlinked names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
}

export interface Handle {
  /** Returns how many bytes were written, which may be fewer than given. */
  write(bytes: Buffer, from: number, position: number): Promise<number>;
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** Repeats short writes, which are no error, until everything is written. */
export const writeAll = async (file: Handle, bytes: Buffer, position: number): Promise<void> => {
  let from = 0;
  while (from < bytes.length) {
    const count = await file.write(bytes, from, position + from);
    if (count === 0) throw Object.assign(new Error("the write wrote nothing"), { code: "EIO" });
    from += count;
  }
};

export const disk: Disk = {
  makeDirectory: (path) => makeDirectory(path, 0o700),
  list: (path) => orIfMissing(readdir(path), []),
  read: (path) => orIfMissing(readFile(path), undefined),
  open: async (path, mode) => {
    const file = await open(path, mode === "create" ? "wx+" : "r+", 0o600);
    return {
      write: async (bytes, from, position) =>
        (await file.write(bytes, from, bytes.length - from, position)).bytesWritten,
      sync: () => file.datasync(),
      truncate: (length) => file.truncate(length),
      close: () => file.close(),
    };
  },
  rename,
  link,
  unlink: (path) => orIfMissing(unlink(path), undefined),
  stat: (path) =>
    orIfMissing(
      stat(path, { bigint: true }).then(({ ino, nlink }) => ({ inode: ino, links: nlink })),
      undefined,
    ),
  real: realOf,
  syncDirectory: async (path) => {
    const directory = await open(path, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
};

const orIfMissing = async <T, U>(work: Promise<T>, otherwise: U): Promise<T | U> => {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return otherwise;
    throw error;
  }
};
