/** `--json`: complete for whoever reads, bounded for whoever does not, and nobody's trouble in any case. */
import { EventEmitter } from "node:events";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { from, Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import { ndjson } from "../../../cli/views/ndjson.js";
import type { Event } from "../../../lib/index.js";
import { stamped, story } from "../../support/story.js";

/** A pipe: it takes so many bytes, then none until somebody reads. */
class Pipe extends EventEmitter {
  text = "";
  writableNeedDrain = false;
  held = 0;
  readonly #undone: (() => void)[] = [];
  readonly #texts: string[] = [];

  constructor(private readonly room: number) {
    super();
  }

  write(chunk: Uint8Array, done: (error?: Error | null) => void): boolean {
    this.held += chunk.length;
    this.#texts.push(Buffer.from(chunk).toString());
    this.#undone.push(done);
    this.writableNeedDrain = this.held > this.room;
    if (!this.writableNeedDrain) setImmediate(() => this.read());
    return !this.writableNeedDrain;
  }

  /** Reads all there is. True if there was anything. */
  read(): boolean {
    const some = this.held > 0;
    this.text += this.#texts.splice(0).join("");
    this.held = 0;
    for (const done of this.#undone.splice(0)) done();
    if (this.writableNeedDrain) {
      this.writableNeedDrain = false;
      this.emit("drain");
    }
    return some;
  }
}

const turn = () => new Promise((resolve) => void setImmediate(resolve));
const parsed = (text: string): unknown[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
const until = async (holds: () => boolean) => {
  while (!holds()) await turn();
};

const watch = (pipe: Pipe, options = {}) => {
  const event$ = new Subject<Event>();
  const seen: { over: boolean; error?: unknown } = { over: false };
  const sight = ndjson(
    pipe,
    options,
  )(event$).subscribe({
    complete: () => {
      seen.over = true;
    },
    error: (error: unknown) => {
      seen.error = error;
    },
  });
  return { event$, seen, sight };
};

const LET_GO = { type: "ensemble.stopping", how: "let_go", message: "SIGTERM" } as const;

describe("ndjson", () => {
  it("writes every event as a line, and completes when the last has been taken", async () => {
    const pipe = new Pipe(1e9);
    const events = story();
    const { event$, seen } = watch(pipe);
    from(events).subscribe(event$);
    expect(seen.over).toBe(false);
    await until(() => seen.over);
    expect(parsed(pipe.text)).toEqual(events);
  });

  it("writes once a turn, and not once an event", async () => {
    let writes = 0;
    const pipe = new Pipe(1e9);
    const write = pipe.write.bind(pipe);
    pipe.write = (chunk, done) => {
      writes += 1;
      return write(chunk, done);
    };
    const { event$ } = watch(pipe);
    for (const event of story()) event$.next(event);
    await turn();
    await turn();
    expect(pipe.text.split("\n").length).toBeGreaterThan(100);
    expect(writes).toBe(1);
  });

  it("holds little in memory for a reader that sleeps, and loses nothing when it wakes", async () => {
    const pipe = new Pipe(64 * 1024);
    const limit = 256 * 1024;
    const { event$, seen } = watch(pipe, { limit });
    const events = story({ batches: [{ name: "tst1", runs: 6000 }] });
    globalThis.gc?.();
    const before = process.memoryUsage();
    let bytes = 0;
    for (const [index, event] of events.entries()) {
      event$.next(event);
      bytes += JSON.stringify(event).length;
      if (index % 1000 === 0) await turn();
    }
    const after = process.memoryUsage();
    expect(bytes).toBeGreaterThan(10e6);
    // Buffers are not in the heap; what waits there is told by `external` and `arrayBuffers` alone.
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(4e6);
    expect(pipe.held).toBeLessThan(200_000);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("model-ensembler-events-"))).toEqual([]);
    event$.complete();
    await until(() => !pipe.read() && seen.over);
    expect(parsed(pipe.text)).toEqual(events);
  });

  it("keeps the order for a reader that is a little too slow", async () => {
    const pipe = new Pipe(1000);
    const { event$, seen } = watch(pipe, { limit: 100_000 });
    const events = story({ batches: [{ name: "tst1", runs: 1000 }] });
    for (const [index, event] of events.entries()) {
      event$.next(event);
      if (index % 50 === 0) await turn();
      if (index % 900 === 0) pipe.read();
    }
    event$.complete();
    await until(() => !pipe.read() && seen.over);
    const order = parsed(pipe.text).map((event) => (event as Event).seq);
    expect(order).toHaveLength(events.length);
    expect(order.findIndex((seq, index) => seq !== index)).toBe(-1);
  });

  it("ends quietly when the reader has seen enough", async () => {
    const pipe = new Pipe(1e9);
    const { event$, seen } = watch(pipe);
    const [first, second] = story();
    event$.next(first!);
    await turn();
    pipe.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    expect(seen).toEqual({ over: true });
    expect(event$.observed).toBe(false);
    event$.next(second!);
    // A write that was under way fails after the view has gone: nobody may be hit by that.
    expect(() => pipe.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }))).not.toThrow();
  });

  it("says what else has gone wrong", () => {
    const pipe = new Pipe(1e9);
    const { seen } = watch(pipe);
    pipe.emit("error", Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }));
    expect(seen.error).toMatchObject({ code: "ENOSPC" });
  });

  it("waits at the end for a reader that only sleeps", async () => {
    const pipe = new Pipe(100);
    const { event$, seen } = watch(pipe, { patience: 1 });
    from(story()).subscribe(event$);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(seen.over).toBe(false);
    await until(() => !pipe.read() && seen.over);
    expect(parsed(pipe.text)).toHaveLength(story().length);
  });

  it("does not wait for it once everything is let go of", async () => {
    const pipe = new Pipe(100);
    const { event$, seen } = watch(pipe, { patience: 1 });
    const events = story();
    from([...events, stamped(LET_GO, events.length, 100)]).subscribe(event$);
    await until(() => seen.error !== undefined);
    expect(String(seen.error)).toContain("its reader takes nothing more");
    expect(pipe.text).toBe("");
  });

  it("does not wait for it when the program is told to stop after the end", async () => {
    const pipe = new Pipe(100);
    const stop$ = new Subject<string>();
    const { event$, seen } = watch(pipe, { patience: 1, stop$ });
    from(story()).subscribe(event$);
    await turn();
    expect(seen.over).toBe(false);
    stop$.next("SIGINT");
    await until(() => seen.error !== undefined);
  });

  it("goes on to the end for a reader that reads, though everything is let go of", async () => {
    const pipe = new Pipe(1000);
    const { event$, seen } = watch(pipe, { patience: 1000 });
    const events = story({ batches: [{ name: "tst1", runs: 500 }] });
    const all = [...events, stamped(LET_GO, events.length, 1000)];
    from(all).subscribe(event$);
    await until(() => !pipe.read() && seen.over);
    expect(parsed(pipe.text)).toEqual(all);
  });
});
