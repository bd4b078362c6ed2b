/** A reader of journals without their locks: another process may be writing the journal meanwhile. */
import { open, readdir, readFile, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Event } from "../events/event.js";
import { isSameFile } from "../system/files/same-file.js";
import { bootId, processSpace } from "../system/processes/process-identity.js";
import { JournalDamage } from "./damage.js";
import { lockPath, segmentPath, segmentsIn } from "./layout.js";
import { livenessOf, type Owner, ownerIn } from "./lock.js";
import { type Scan, SegmentDamage, scanJournal } from "./scan.js";

export interface JournalFile extends Scan {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Reads all files of a journal in order and calls `each` with their events. `path`: a state directory, or one journal file.
 * Rejects with `JournalDamage`, or with the error of the file system.
 */
export const readEvents = async (
  path: string,
  each: (event: Event) => void = () => undefined,
): Promise<readonly JournalFile[]> => {
  const files: JournalFile[] = [];
  for (const file of await filesOf(path)) {
    const bytes = await readFile(file);
    try {
      files.push({ ...scanJournal(bytes, each), path: file, bytes: bytes.length });
    } catch (error) {
      throw error instanceof SegmentDamage ? new JournalDamage(file, error.offset, error.message) : error;
    }
  }
  return files;
};

const filesOf = async (path: string): Promise<readonly string[]> => {
  if (!(await stat(path)).isDirectory()) return [path];
  return segmentsIn(await readdir(path)).map((segment) => segmentPath(path, segment));
};

/** The owner of the lock of an ensemble. `alive` is undefined if this machine cannot tell. */
export const ownerOf = async (directory: string): Promise<(Owner & { readonly alive?: boolean }) | undefined> => {
  const bytes = await readFile(lockPath(directory)).catch(() => undefined);
  const owner = bytes && ownerIn(bytes);
  if (owner === undefined || (await isElsewhere(owner, directory))) return undefined;
  const here = { host: hostname(), boot: bootId(), space: processSpace() };
  const liveness = livenessOf(owner, here);
  return { ...owner, ...(liveness !== "unknown" && { alive: liveness === "alive" }) };
};

/** Whether an owner has its lock in another directory, of which this one is a copy. */
const isElsewhere = async ({ nonce, directory: locked }: Owner, directory: string): Promise<boolean> => {
  if (locked === undefined || (await isSameFile(locked, directory))) return false;
  const original = await readFile(lockPath(locked)).catch(() => undefined);
  return original !== undefined && ownerIn(original)?.nonce === nonce;
};

/** The id of the journal in a state directory. Undefined if there is none, or none that can be read. */
export const uidOf = async (directory: string): Promise<string | undefined> => {
  const [segment] = segmentsIn(await readdir(directory).catch(() => []));
  if (segment === undefined) return undefined;
  const file = await open(segmentPath(directory, segment)).catch(() => undefined);
  try {
    // A header may be long, since it holds a history; the id is at its beginning.
    const head = await file?.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return head && /"uid":"([^"]*)"/.exec(head.buffer.toString("latin1", 0, head.bytesRead))?.[1];
  } finally {
    await file?.close();
  }
};

const HEAD = 512;

/** The state directories below a directory, such as `.ensemble`. */
export const stateDirectories = async (root: string): Promise<readonly string[]> => {
  const names = await readdir(root).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => segmentsIn(await readdir(join(root, name)).catch(() => [])).length > 0),
  );
  return names
    .filter((_, index) => found[index])
    .map((name) => join(root, name))
    .sort();
};
