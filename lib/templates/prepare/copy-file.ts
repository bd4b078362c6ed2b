/** Copies a file with its holes: the parts of a sparse file that take no room on the disk. */
import { constants, copyFile, type FileHandle, open } from "node:fs/promises";

/** Copies to a new file, as a clone where the file system can share the data of two files. */
export const copyNew = async (source: string, target: string, sparse: boolean): Promise<void> => {
  if (!sparse) return copyFile(source, target, EXCL | CLONE_IF_POSSIBLE);
  try {
    await copyFile(source, target, EXCL | CLONE);
  } catch {
    // The errors differ between file systems, and a copy that cannot be made fails again.
    await copySparse(source, target);
  }
};

const { COPYFILE_EXCL: EXCL, COPYFILE_FICLONE: CLONE_IF_POSSIBLE, COPYFILE_FICLONE_FORCE: CLONE } = constants;

/** Reads the whole file, since Node cannot ask where its holes are, and writes no block of zeros. */
const copySparse = async (source: string, target: string): Promise<void> => {
  const from = await open(source, "r");
  try {
    const { mode, size } = await from.stat();
    const to = await open(target, "wx", 0o600);
    try {
      const buffer = Buffer.allocUnsafe(CHUNK);
      for (let at = 0; at < size; ) {
        const { bytesRead } = await from.read(buffer, 0, CHUNK, at);
        if (bytesRead === 0) break;
        await writeData(to, buffer.subarray(0, bytesRead), at);
        at += bytesRead;
      }
      await to.truncate(size);
      await to.chmod(mode & 0o7777);
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
};

const CHUNK = 1024 * 1024;
const BLOCK = 4096;
const ZEROS = Buffer.alloc(CHUNK);

/** Writes the blocks that hold data, those in a row with one call. */
const writeData = async (to: FileHandle, bytes: Buffer, at: number): Promise<void> => {
  if (isZero(bytes)) return;
  let from: number | undefined;
  for (let block = 0; block < bytes.length; block += BLOCK) {
    const empty = isZero(bytes.subarray(block, block + BLOCK));
    if (!empty) from ??= block;
    else if (from !== undefined) {
      await writeAll(to, bytes.subarray(from, block), at + from);
      from = undefined;
    }
  }
  if (from !== undefined) await writeAll(to, bytes.subarray(from), at + from);
};

const isZero = (bytes: Buffer): boolean => bytes.equals(ZEROS.subarray(0, bytes.length));

/** A write may be short without an error. */
const writeAll = async (to: FileHandle, bytes: Buffer, at: number): Promise<void> => {
  for (let done = 0; done < bytes.length; )
    done += (await to.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
};
