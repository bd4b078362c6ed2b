/** What machines see: every event as a line of JSON, as fast as they read and no faster, at no cost to the ensemble. */
import { Observable, type Subscription } from "rxjs";
import { openSpill, type Spill } from "./spill.js";
import type { View } from "./view.js";

/** What `process.stdout` is. */
export interface ByteStream {
  readonly writableNeedDrain?: boolean;
  write(chunk: Uint8Array, done?: (error?: Error | null) => void): boolean;
  on(event: "error" | "drain", listener: (error?: NodeJS.ErrnoException) => void): unknown;
  off(event: "error" | "drain", listener: (error?: NodeJS.ErrnoException) => void): unknown;
}

export interface NdjsonOptions {
  /** How many bytes wait in memory for a slow reader; the rest waits in a temporary file. */
  readonly limit?: number;
  /** How long a reader that takes nothing is waited for at the end, in ms, once the ensemble was told to stop. */
  readonly patience?: number;
  /** Emits when the program is told to stop, be it after the last event. */
  readonly stop$?: Observable<unknown>;
}

/**
 * Completes when all has been read, or the reader has gone: `| head -1` is no failure. A reader that only sleeps is
 * waited for, as by any program in a pipe; after a Ctrl-C it is given up, and the view fails: not all has been read.
 */
export const ndjson =
  (out: ByteStream, { limit = 8 * 1024 * 1024, patience = 2000, stop$ }: NdjsonOptions = {}): View =>
  (event$) =>
    new Observable<never>((watcher) => {
      const queue = byteQueue(limit);
      let over = false;
      let stopping = false;
      let writing = 0;
      let due: NodeJS.Immediate | undefined;
      let giveUp: NodeJS.Timeout | undefined;

      const guarded = (work: () => void) => {
        try {
          work();
        } catch (error) {
          watcher.error(error);
        }
      };
      const pump = () =>
        guarded(() => {
          while (!watcher.closed && out.writableNeedDrain !== true) {
            const chunk = queue.shift();
            if (chunk === undefined) break;
            writing += 1;
            out.write(chunk, written);
          }
          settle();
        });
      const written = () => {
        writing -= 1;
        settle();
      };
      const settle = () => {
        clearTimeout(giveUp);
        if (watcher.closed || !over) return;
        if (queue.empty() && writing === 0) watcher.complete();
        else if (stopping) giveUp = setTimeout(() => watcher.error(new Error(ASLEEP)), patience);
      };
      const told = () => {
        stopping = true;
        settle();
      };
      const end = () => {
        over = true;
        pump();
      };
      const failed = (error?: NodeJS.ErrnoException) => {
        if (error === undefined || GONE.has(error.code ?? "")) watcher.complete();
        else watcher.error(error);
      };
      out.on("error", failed);
      out.on("drain", pump);
      const stops: Subscription | undefined = stop$?.subscribe({ next: told, error: told });
      const events = event$.subscribe({
        next: (event) =>
          guarded(() => {
            queue.push(`${JSON.stringify(event)}\n`);
            if (event.type === "ensemble.stopping") told();
            // One write a turn of the loop, not one an event.
            due ??= setImmediate(() => {
              due = undefined;
              pump();
            });
          }),
        error: end,
        complete: end,
      });
      return () => {
        events.unsubscribe();
        stops?.unsubscribe();
        clearImmediate(due);
        clearTimeout(giveUp);
        // The listener for errors stays: a write that is still under way may yet fail.
        out.off("drain", pump);
        queue.close();
      };
    });

/** Why the view fails when it gives up. */
const ASLEEP = "its reader takes nothing more";

/** What a write into a pipe without a reader, or to a stream that was closed, fails with. */
const GONE = new Set(["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"]);

/** How many bytes are written, or put on disk, in one go. */
const CHUNK = 64 * 1024;

/** First in, first out. What comes last in time is in `fresh`, before it on disk, and first of all in `ready`. */
const byteQueue = (limit: number) => {
  const spill: Spill = openSpill();
  const ready: Buffer[] = [];
  let size = 0;
  let fresh: string[] = [];
  let freshSize = 0;
  const seal = () => {
    const chunk = Buffer.from(fresh.join(""));
    [fresh, freshSize] = [[], 0];
    if (spill.length > 0 || size + chunk.length > limit) return spill.push(chunk);
    ready.push(chunk);
    size += chunk.length;
  };
  return {
    push: (line: string) => {
      fresh.push(line);
      freshSize += line.length;
      if (freshSize >= CHUNK) seal();
    },
    shift: (): Buffer | undefined => {
      if (ready.length === 0 && spill.length === 0 && fresh.length > 0) seal();
      const chunk = ready.shift();
      if (chunk === undefined) return spill.shift(CHUNK);
      size -= chunk.length;
      return chunk;
    },
    empty: () => ready.length === 0 && spill.length === 0 && fresh.length === 0,
    close: () => spill.close(),
  };
};
