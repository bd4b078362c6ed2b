/** Reading a journal for its events, without the lock: while it is written, or afterwards. */
import { readdir, readFile, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Event } from "../events/event.js";
import { bootId, processSpace } from "../system/processes/process-identity.js";
import { JournalDamage } from "./damage.js";
import { lockPath, segmentPath, segmentsIn } from "./layout.js";
import { type Owner, ownerIn, verdict } from "./lock.js";
import { Damage, type Scan, scanJournal } from "./scan.js";

export interface JournalFile extends Scan {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Reads all files of a journal in order; `each` sees their events. `path`: a state directory, or one of its files.
 * Rejects with `JournalDamage`, or with what the file system says.
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
      throw error instanceof Damage ? new JournalDamage(file, error.offset, error.message) : error;
    }
  }
  return files;
};

const filesOf = async (path: string): Promise<readonly string[]> => {
  if (!(await stat(path)).isDirectory()) return [path];
  return segmentsIn(await readdir(path)).map((segment) => segmentPath(path, segment));
};

/** Who is at work on an ensemble. `alive` is undefined where it cannot be told from here. */
export const ownerOf = async (directory: string): Promise<(Owner & { readonly alive?: boolean }) | undefined> => {
  const bytes = await readFile(lockPath(directory)).catch(() => undefined);
  const owner = bytes && ownerIn(bytes);
  if (owner === undefined) return undefined;
  const here = { host: hostname(), boot: bootId(), space: processSpace() };
  const found = verdict(owner, here);
  return { ...owner, ...(found !== "unknown" && { alive: found === "alive" }) };
};

/** The state directories below the place where ensembles are started. */
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
