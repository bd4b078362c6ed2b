/** What the journal asks of the file system: so little that specs can let any of it fail. */
import { link, open, readdir, readFile, rename, stat, unlink } from "node:fs/promises";
import { makeDirectory } from "../system/files/make-directory.js";

export interface Disk {
  /** Makes a directory, with all that lead to it, for its owner only. */
  makeDirectory(path: string): Promise<void>;
  list(path: string): Promise<readonly string[]>;
  /** Undefined where there is nothing. */
  read(path: string): Promise<Buffer | undefined>;
  /** Opens for writing; `create` makes a new file. */
  open(path: string, how: "create" | "existing"): Promise<Handle>;
  rename(from: string, to: string): Promise<void>;
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** What tells a file from every other of its file system, and how many names it has. Undefined where there is nothing. */
  look(path: string): Promise<{ readonly inode: bigint; readonly links: bigint } | undefined>;
  /** Makes sure that what was made, renamed or unlinked in a directory stays so. */
  syncDirectory(path: string): Promise<void>;
}

export interface Handle {
  /** Returns how many bytes were written: it may be fewer than there were. */
  write(bytes: Buffer, from: number, position: number): Promise<number>;
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** A write may come back short, without an error. */
export const writeAll = async (file: Handle, bytes: Buffer, position: number): Promise<void> => {
  let from = 0;
  while (from < bytes.length) {
    const wrote = await file.write(bytes, from, position + from);
    if (wrote === 0) throw Object.assign(new Error("nothing was written"), { code: "EIO" });
    from += wrote;
  }
};

export const disk: Disk = {
  makeDirectory: (path) => makeDirectory(path, 0o700),
  list: (path) => orIfMissing(readdir(path), []),
  read: (path) => orIfMissing(readFile(path), undefined),
  open: async (path, how) => {
    const file = await open(path, how === "create" ? "wx+" : "r+", 0o600);
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
  look: (path) =>
    orIfMissing(
      stat(path, { bigint: true }).then(({ ino, nlink }) => ({ inode: ino, links: nlink })),
      undefined,
    ),
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
