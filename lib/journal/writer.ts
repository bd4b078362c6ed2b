/** The writer of a journal. Events that arrive while one group is written form the next group, and share its sync. */
import { Observable } from "rxjs";
import type { Event } from "../events/event.js";
import type { History } from "../history/history.js";
import { reduceHistory } from "../history/reduce.js";
import { codeOf, messageOf } from "../system/files/errno.js";
import { type Disk, type Handle, writeAll } from "./disk.js";
import { encode, type Header, JOURNAL } from "./format.js";
import { segmentPath } from "./layout.js";
import { LockLost } from "./lock.js";

export interface Writer {
  append(event: Event): void;
  /**
   * Completes once all events so far are on disk. Fails with `LockLost` or `JournalLimited`, or with the disk's error if
   * the writer is closed before that.
   */
  commit$(): Observable<never>;
  /** Writes the remaining events and closes the file. Rejects if they cannot be written. */
  close(): Promise<void>;
}

/** The journal has reached the size that this process may give to a file. */
export class JournalLimited extends Error {
  readonly code = "EFBIG";
  constructor(
    readonly path: string,
    cause: unknown,
  ) {
    super(messageOf(cause), { cause });
    this.name = "JournalLimited";
  }
}

/** The end of the journal. */
export interface Position {
  readonly uid: string;
  readonly segment: number;
  readonly end: number;
  readonly crc: number;
  /** The history of all events so far. */
  readonly history: History;
}

export interface WriterOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** Rejects with `LockLost` if this program may no longer write. */
  readonly fence: () => Promise<void>;
  readonly stalled: (path: string, error: unknown) => void;
  readonly recovered: (path: string) => void;
  /** Called before a group is written. Returns a function to call after that, which removes claims of ended work. */
  readonly settle?: () => () => void;
  /** The time between two attempts while the disk fails. */
  readonly retry_ms?: number;
  /** How long an event may stay in memory if no commit waits for it. */
  readonly lag_ms?: number;
  /** The length in bytes after which the next file starts. */
  readonly limit?: number;
}

export const openWriter = (position: Position, options: WriterOptions): Writer => {
  const { disk, directory, fence, settle = () => () => undefined } = options;
  const { retry_ms = 5000, lag_ms = 500, limit = 32 * 1024 * 1024 } = options;
  const { uid, history } = position;
  let { segment, end, crc } = position;
  let file: Handle | undefined;
  let queue: Event[] = [];
  /** How many events were appended, and how many of them are on disk. */
  let [appended, written] = [0, 0];
  let waiting: { readonly upTo: number; readonly done: () => void; readonly failed: (error: unknown) => void }[] = [];
  let busy: Promise<void> | undefined;
  let isClosing = false;
  let failure: { readonly error: unknown } | undefined;
  let lag: NodeJS.Timeout | undefined;
  let wake: (() => void) | undefined;

  const start = () => {
    clearTimeout(lag);
    lag = undefined;
    busy ??= work().finally(() => {
      busy = undefined;
      // Events were appended in the meantime, and a commit waits for them.
      if (waiting.length > 0 && failure === undefined && !isClosing) start();
    });
  };

  const work = async () => {
    while (queue.length > 0 && failure === undefined) {
      const group = queue;
      queue = [];
      const settled = settle();
      if (!(await writeGroup(group))) {
        queue = [...group, ...queue];
        return;
      }
      settled();
      written += group.length;
      for (const event of group) reduceHistory(history, event);
      const served = waiting.filter(({ upTo }) => upTo <= written);
      waiting = waiting.filter(({ upTo }) => upTo > written);
      // Commits complete last, because the end of one may cause the next commit at once.
      for (const { done } of served) done();
    }
  };

  /** Writes a group, with as many attempts as it takes. False if the lock is lost or the writer closes. */
  const writeGroup = async (group: readonly Event[]): Promise<boolean> => {
    let stalled = false;
    for (;;) {
      try {
        await fence();
        await write(group);
        if (stalled) options.recovered(segmentPath(directory, segment));
        return true;
      } catch (error) {
        // A lock that cannot be read counts as a disk that fails: the writer tries again.
        if (error instanceof LockLost) {
          giveUp(error);
          return false;
        }
        await reopen();
        if (!stalled) options.stalled(segmentPath(directory, segment), error);
        stalled = true;
        // The limit of this process on the size of files never rises again.
        if (codeOf(error) === "EFBIG") {
          giveUp(new JournalLimited(segmentPath(directory, segment), error));
          return false;
        }
        if (isClosing) {
          giveUp(error);
          return false;
        }
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, retry_ms);
      });
    }
  };

  const giveUp = (error: unknown) => {
    failure = { error };
    const all = waiting;
    waiting = [];
    for (const { failed } of all) failed(error);
  };

  const write = async (group: readonly Event[]) => {
    if (end > limit) await nextSegment();
    file ??= await disk.open(segmentPath(directory, segment), "existing");
    const { bytes, crc: last } = encode(group, { crc });
    await writeAll(file, bytes, end);
    await file.sync();
    end += bytes.length;
    crc = last;
  };

  /**
   * After an error, only the bytes of earlier syncs are known to be on disk. Later bytes are cut off and written again
   * through a new descriptor, because a sync that has failed once may report success the second time.
   */
  const reopen = async () => {
    const old = file;
    file = undefined;
    await old?.truncate(end).catch(() => undefined);
    await old?.close().catch(() => undefined);
  };

  const nextSegment = async () => {
    const made = await makeSegment(disk, directory, { journal: JOURNAL, uid, segment: segment + 1, standing: history });
    const old = file;
    ({ segment, end, crc, file } = made);
    await old?.close();
  };

  return {
    append: (event) => {
      queue.push(event);
      appended += 1;
      lag ??= setTimeout(start, lag_ms).unref();
    },
    commit$: () =>
      new Observable((subscriber) => {
        if (failure !== undefined) return subscriber.error(failure.error);
        if (written === appended) return subscriber.complete();
        const one = {
          upTo: appended,
          done: () => subscriber.complete(),
          failed: (error: unknown) => subscriber.error(error),
        };
        waiting.push(one);
        start();
        return () => {
          waiting = waiting.filter((other) => other !== one);
        };
      }),
    close: async () => {
      isClosing = true;
      clearTimeout(lag);
      wake?.();
      await busy;
      if (queue.length > 0 && failure === undefined) await work();
      await file?.close().catch(() => undefined);
      if (failure !== undefined) throw failure.error;
    },
  };
};

/** Makes a journal file, which appears whole or not at all. */
export const makeSegment = async (disk: Disk, directory: string, header: Header) => {
  const path = segmentPath(directory, header.segment);
  const temporary = `${path}.new`;
  await disk.unlink(temporary);
  const file = await disk.open(temporary, "create");
  try {
    const { bytes, crc } = encode([header], { crc: 0 });
    await writeAll(file, bytes, 0);
    await file.sync();
    await disk.rename(temporary, path);
    await disk.syncDirectory(directory);
    return { segment: header.segment, end: bytes.length, crc, file };
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
};
