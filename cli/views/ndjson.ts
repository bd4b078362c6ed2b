/** The view for machines: every event as a line of JSON. A slow reader does not slow the ensemble. */
import { Observable, type Subscription } from "rxjs";
import { openSpill, type Spill } from "./spill.js";
import type { View } from "./view.js";

/** The part of `process.stdout` that this view uses. */
export interface ByteStream {
  readonly writableNeedDrain?: boolean;
  write(chunk: Uint8Array, done?: (error?: Error | null) => void): boolean;
  on(event: "error" | "drain", listener: (error?: NodeJS.ErrnoException) => void): unknown;
  off(event: "error" | "drain", listener: (error?: NodeJS.ErrnoException) => void): unknown;
}

export interface NdjsonOptions {
  /** The most bytes to keep in memory for a slow reader; a temporary file holds the rest. */
  readonly limit?: number;
  /** In ms: how long to wait for a reader that reads nothing, after the last event of an ensemble that was stopped. */
  readonly patience?: number;
  /** Emits when the user stops the program, even after the last event. */
  readonly stop$?: Observable<unknown>;
}

/**
 * Completes when the reader has read everything or is gone: `| head -1` is no failure. The view waits for a slow
 * reader, as any program in a pipe does; after a Ctrl-C it gives up and fails, because part of the output is unread.
 */
export const ndjson =
  (out: ByteStream, { limit = 8 * 1024 * 1024, patience = 2000, stop$ }: NdjsonOptions = {}): View =>
  (event$) =>
    new Observable<never>((subscriber) => {
      const queue = byteQueue(limit);
      let complete = false;
      let stopping = false;
      let writing = 0;
      let scheduled: NodeJS.Immediate | undefined;
      let patienceTimer: NodeJS.Timeout | undefined;

      const guarded = (action: () => void) => {
        try {
          action();
        } catch (error) {
          subscriber.error(error);
        }
      };
      const pump = () =>
        guarded(() => {
          while (!subscriber.closed && out.writableNeedDrain !== true) {
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
        clearTimeout(patienceTimer);
        if (subscriber.closed || !complete) return;
        if (queue.empty() && writing === 0) subscriber.complete();
        else if (stopping) patienceTimer = setTimeout(() => subscriber.error(new Error(STALLED)), patience);
      };
      const stop = () => {
        stopping = true;
        settle();
      };
      const end = () => {
        complete = true;
        pump();
      };
      const failed = (error?: NodeJS.ErrnoException) => {
        if (error === undefined || READER_GONE.has(error.code ?? "")) subscriber.complete();
        else subscriber.error(error);
      };
      out.on("error", failed);
      out.on("drain", pump);
      const stopSubscription: Subscription | undefined = stop$?.subscribe({ next: stop, error: stop });
      const events = event$.subscribe({
        next: (event) =>
          guarded(() => {
            queue.push(`${JSON.stringify(event)}\n`);
            if (event.type === "ensemble.stopping") stop();
            // One write per turn of the event loop, not one per event.
            scheduled ??= setImmediate(() => {
              scheduled = undefined;
              pump();
            });
          }),
        error: end,
        complete: end,
      });
      return () => {
        events.unsubscribe();
        stopSubscription?.unsubscribe();
        clearImmediate(scheduled);
        clearTimeout(patienceTimer);
        // The error listener stays: a pending write may still fail.
        out.off("drain", pump);
        queue.close();
      };
    });

/** The error when the view gives up. */
const STALLED = "its reader has stopped reading";

/** The errors of a write to a pipe without a reader, or to a closed stream. */
const READER_GONE = new Set(["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"]);

/** The most bytes in one write, to the reader or to disk. */
const CHUNK = 64 * 1024;

/** A first-in, first-out queue: the oldest bytes are in `ready`, newer ones on disk, the newest in `newest`. */
const byteQueue = (limit: number) => {
  const spill: Spill = openSpill();
  const ready: Buffer[] = [];
  let size = 0;
  let newest: string[] = [];
  let newestSize = 0;
  const seal = () => {
    const chunk = Buffer.from(newest.join(""));
    [newest, newestSize] = [[], 0];
    if (spill.length > 0 || size + chunk.length > limit) return spill.push(chunk);
    ready.push(chunk);
    size += chunk.length;
  };
  return {
    push: (line: string) => {
      newest.push(line);
      newestSize += line.length;
      if (newestSize >= CHUNK) seal();
    },
    shift: (): Buffer | undefined => {
      if (ready.length === 0 && spill.length === 0 && newest.length > 0) seal();
      const chunk = ready.shift();
      if (chunk === undefined) return spill.shift(CHUNK);
      size -= chunk.length;
      return chunk;
    },
    empty: () => ready.length === 0 && spill.length === 0 && newest.length === 0,
    close: () => spill.close(),
  };
};
