/** The opening of a journal: lock, read, mend a torn end. The first start and later ones take the same path. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { JournalMended, JournalRefused } from "../events/event.js";
import { emptyHistory, type History } from "../history/history.js";
import { messageOf } from "../system/files/errno.js";
import { notMade } from "../system/files/make-directory.js";
import { type Disk, disk as realDisk, writeAll } from "./disk.js";
import { JOURNAL } from "./format.js";
import { beforePath, movesAside, segmentPath, segmentsIn, tornPath } from "./layout.js";
import { acquire, type Lock, Locked, type Owner, ourselves } from "./lock.js";
import { readJournal, SegmentDamage } from "./scan.js";
import { makeSegment, openWriter, type Position, type Writer, type WriterOptions } from "./writer.js";

export interface Journal extends Writer {
  /** The history of earlier starts. */
  readonly past: History;
  /** The id of the journal: a copy has the same. */
  readonly uid: string;
  readonly mended?: JournalMended;
}

export interface OpenOptions extends Omit<WriterOptions, "disk" | "directory" | "fence"> {
  readonly disk?: Disk;
  readonly takeOver?: boolean;
  /** Moves the existing state aside and starts over. */
  readonly fresh?: boolean;
  /** Called once the lock is held, before anything else is made or read. If it rejects, nothing is. */
  readonly admit?: () => Promise<void>;
  /** The process that opens the journal; by default this one. */
  readonly self?: Owner;
}

/** Why the program refuses to work with this state directory. */
export class Refusal extends Error {
  constructor(readonly fact: JournalRefused) {
    super(fact.message);
    this.name = "Refusal";
  }
}

/** Whether a state directory holds a journal. */
export const hasJournal = async (directory: string, disk: Disk = realDisk): Promise<boolean> =>
  segmentsIn(await disk.list(directory).catch(() => [])).length > 0;

/** Opens the journal in a state directory. Makes the directory and the journal if missing. Rejects with a `Refusal`. */
export const openJournal = async (directory: string, options: OpenOptions): Promise<Journal> => {
  const { disk = realDisk, takeOver = false, fresh = false, self = ourselves() } = options;
  let lock: Lock | undefined;
  try {
    lock = await acquire({ disk, directory, takeOver, self });
    await options.admit?.();
    if (fresh) await moveAside(disk, directory);
    const { position, mended } = (await lastSegment(disk, directory)) ?? {
      position: await firstSegment(disk, directory),
    };
    const past = structuredClone(position.history);
    const { fence, release } = lock;
    const writer = openWriter(position, { ...options, disk, directory, fence });
    const close = async () => {
      try {
        await writer.close();
      } finally {
        await release().catch(() => undefined);
      }
    };
    return { ...writer, close, past, uid: position.uid, ...(mended !== undefined && { mended }) };
  } catch (error) {
    await lock?.release().catch(() => undefined);
    throw refusalOf(directory, error);
  }
};

const refusalOf = (path: string, error: unknown): Refusal => {
  const refused = (because: JournalRefused["because"], message: string) =>
    new Refusal({ type: "journal.refused", because, path, message });
  if (error instanceof Refusal) return error;
  if (error instanceof Locked) return refused("taken", `${path}: ${error.message}`);
  if (error instanceof SegmentDamage) {
    return refused(
      "damaged",
      `the journal in ${path} is damaged: ${error.message}. The program has done nothing; \`model_ensemble journal salvage ${path}\` makes a new journal of the intact lines`,
    );
  }
  if (error instanceof Error && "code" in error) {
    return refused("unusable", `the state directory ${path} cannot be used: ${notMade(error) ?? messageOf(error)}`);
  }
  throw error;
};

/** The end of the newest journal file, and how it was mended if it was torn. */
const lastSegment = async (
  disk: Disk,
  directory: string,
): Promise<{ position: Position; mended?: JournalMended } | undefined> => {
  const segment = Math.max(0, ...segmentsIn(await disk.list(directory)));
  if (segment === 0) return undefined;
  const path = segmentPath(directory, segment);
  const bytes = (await disk.read(path)) ?? Buffer.alloc(0);
  const { header, history, end, crc, torn } = readJournal(bytes);
  const position = { uid: header.uid, segment, end, crc, history };
  const mended = torn === 0 ? undefined : await mend(disk, directory, path, bytes, end);
  await syncSegment(disk, directory, path);
  return { position, ...(mended !== undefined && { mended }) };
};

/** Syncs what this start has read and acts on: the program that wrote it may have died before its own sync. */
const syncSegment = async (disk: Disk, directory: string, path: string): Promise<void> => {
  const file = await disk.open(path, "existing");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.syncDirectory(directory);
};

const firstSegment = async (disk: Disk, directory: string): Promise<Position> => {
  const uid = randomUUID();
  const { file, ...made } = await makeSegment(disk, directory, { journal: JOURNAL, uid, segment: 1 });
  await file.close();
  return { uid, history: emptyHistory(), ...made };
};

/** Cuts off a torn end and keeps a copy of it. */
const mend = async (
  disk: Disk,
  directory: string,
  path: string,
  bytes: Buffer,
  offset: number,
): Promise<JournalMended> => {
  const copy = tornPath(directory, offset);
  const torn = bytes.subarray(offset);
  const copyFile = await disk.open(copy, "create");
  await writeAll(copyFile, torn, 0);
  await copyFile.sync();
  await copyFile.close();
  const file = await disk.open(path, "existing");
  await file.truncate(offset);
  await file.close();
  return { type: "journal.mended", path, offset, bytes: torn.length, copy };
};

/** Moves the old state to a directory with the time in its name; nothing is removed. */
const moveAside = async (disk: Disk, directory: string): Promise<void> => {
  const names = (await disk.list(directory)).filter(movesAside);
  if (names.length === 0) return;
  const before = beforePath(directory);
  await disk.makeDirectory(before);
  for (const name of names) await disk.rename(join(directory, name), join(before, name));
  await disk.syncDirectory(directory);
};
