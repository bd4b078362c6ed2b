/** Writing the journal. While one group is on its way to the disk, the next one gathers: one sync serves all that wait. */
import { Observable } from "rxjs";
import type { Event } from "../events/event.js";
import type { History } from "../history/history.js";
import { reduceHistory } from "../history/reduce.js";
import { type Disk, type Handle, writeAll } from "./disk.js";
import { encode, type Header, JOURNAL } from "./format.js";
import { segmentPath } from "./layout.js";
import { LockLost } from "./lock.js";

export interface Writer {
  append(event: Event): void;
  /** Completes once all that was appended so far is on disk. Fails with `LockLost`; and with what the disk says, if it is closed before. */
  commit$(): Observable<never>;
  /** Writes what is left and closes. Rejects if it cannot be written. */
  close(): Promise<void>;
}

/** Where the journal ends. */
export interface Position {
  readonly uid: string;
  readonly segment: number;
  readonly end: number;
  readonly crc: number;
  /** What it comes to so far. */
  readonly history: History;
}

export interface WriterOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** Rejects with `LockLost` if this program is no longer the one that may write. */
  readonly fence: () => Promise<void>;
  readonly stalled: (path: string, error: unknown) => void;
  readonly recovered: (path: string) => void;
  /** What to do with what is over once a group is on disk: called before it is written, and what it returns after. */
  readonly settle?: () => () => void;
  /** Between two tries while the disk takes no writes. */
  readonly retry_ms?: number;
  /** How long a fact may lie in memory that nobody waits for. */
  readonly lag_ms?: number;
  /** A file that is longer is followed by the next one. */
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
  let lost: { readonly error: unknown } | undefined;
  let lag: NodeJS.Timeout | undefined;
  let wake: (() => void) | undefined;

  const start = () => {
    clearTimeout(lag);
    lag = undefined;
    busy ??= work().finally(() => {
      busy = undefined;
      // What was appended in the meantime, and is waited for.
      if (waiting.length > 0 && lost === undefined && !isClosing) start();
    });
  };

  const work = async () => {
    while (queue.length > 0 && lost === undefined) {
      const group = queue;
      queue = [];
      const settled = settle();
      if (!(await delivered(group))) {
        queue = [...group, ...queue];
        return;
      }
      settled();
      written += group.length;
      for (const event of group) reduceHistory(history, event);
      const served = waiting.filter(({ upTo }) => upTo <= written);
      waiting = waiting.filter(({ upTo }) => upTo > written);
      // Last: whoever goes on may wait for the next group at once.
      for (const { done } of served) done();
    }
  };

  /** Writes a group, however long that takes. False if that came to nothing. */
  const delivered = async (group: readonly Event[]): Promise<boolean> => {
    let stalled = false;
    for (;;) {
      try {
        await fence();
        await put(group);
        if (stalled) options.recovered(segmentPath(directory, segment));
        return true;
      } catch (error) {
        // That nobody can say whose the lock is, is no worse than a disk that takes no writes.
        if (error instanceof LockLost) {
          lose(error);
          return false;
        }
        await reopen();
        if (!stalled) options.stalled(segmentPath(directory, segment), error);
        stalled = true;
        if (isClosing) {
          lose(error);
          return false;
        }
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, retry_ms);
      });
    }
  };

  const lose = (error: unknown) => {
    lost = { error };
    const all = waiting;
    waiting = [];
    for (const { failed } of all) failed(error);
  };

  const put = async (group: readonly Event[]) => {
    if (end > limit) await next();
    file ??= await disk.open(segmentPath(directory, segment), "existing");
    const { bytes, crc: last } = encode(group, { crc });
    await writeAll(file, bytes, end);
    await file.sync();
    end += bytes.length;
    crc = last;
  };

  /**
   * After an error nobody knows what is on disk. What was synced before is; the rest is cut off, and is written again
   * through a new descriptor, since a sync that failed once may say that all is well the second time.
   */
  const reopen = async () => {
    const old = file;
    file = undefined;
    await old?.truncate(end).catch(() => undefined);
    await old?.close().catch(() => undefined);
  };

  const next = async () => {
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
        if (lost !== undefined) return subscriber.error(lost.error);
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
      if (queue.length > 0 && lost === undefined) await work();
      await file?.close().catch(() => undefined);
      if (lost !== undefined) throw lost.error;
    },
  };
};

/** Makes a file of the journal, which is there whole or not at all. */
export const makeSegment = async (disk: Disk, directory: string, header: Header) => {
  const path = segmentPath(directory, header.segment);
  const making = `${path}.new`;
  await disk.unlink(making);
  const file = await disk.open(making, "create");
  try {
    const { bytes, crc } = encode([header], { crc: 0 });
    await writeAll(file, bytes, 0);
    await file.sync();
    await disk.rename(making, path);
    await disk.syncDirectory(directory);
    return { segment: header.segment, end: bytes.length, crc, file };
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
};
