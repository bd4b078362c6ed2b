/** Specs of `--json`: a reader gets all events, and a slow one neither fills the memory nor slows the ensemble. */
import { EventEmitter } from "node:events";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { from, Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import { ndjson } from "../../../cli/views/ndjson.js";
import type { Event } from "../../../lib/index.js";
import { stamped, story } from "../../support/story.js";

/** A pipe that takes `room` bytes, then none until a spec reads. */
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

  /** Reads all waiting bytes. True if there were any. */
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
  const subscription = ndjson(
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
  return { event$, seen, subscription };
};

const LET_GO = { type: "ensemble.stopping", how: "let_go", message: "SIGTERM" } as const;

describe("ndjson", () => {
  it("--json writes every event as a line, and completes when the reader has the last one", async () => {
    const pipe = new Pipe(1e9);
    const events = story();
    const { event$, seen } = watch(pipe);
    from(events).subscribe(event$);
    expect(seen.over).toBe(false);
    await until(() => seen.over);
    expect(parsed(pipe.text)).toEqual(events);
  });

  it("--json writes once per turn of the event loop, not once per event", async () => {
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

  it("--json keeps little in memory for a sleeping reader, which still gets all events later", async () => {
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
    // Buffers are outside the heap; only `external` and `arrayBuffers` count them.
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(4e6);
    expect(pipe.held).toBeLessThan(200_000);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("model-ensembler-events-"))).toEqual([]);
    event$.complete();
    await until(() => !pipe.read() && seen.over);
    expect(parsed(pipe.text)).toEqual(events);
  });

  it("--json keeps the order of events for a slow reader", async () => {
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

  it("--json completes without an error if its reader goes away", async () => {
    const pipe = new Pipe(1e9);
    const { event$, seen } = watch(pipe);
    const [first, second] = story();
    event$.next(first!);
    await turn();
    pipe.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    expect(seen).toEqual({ over: true });
    expect(event$.observed).toBe(false);
    event$.next(second!);
    // A pending write fails after the view has completed: that must not throw.
    expect(() => pipe.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }))).not.toThrow();
  });

  it("--json fails with any other error of its output", () => {
    const pipe = new Pipe(1e9);
    const { seen } = watch(pipe);
    pipe.emit("error", Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }));
    expect(seen.error).toMatchObject({ code: "ENOSPC" });
  });

  it("--json waits at the end for a sleeping reader", async () => {
    const pipe = new Pipe(100);
    const { event$, seen } = watch(pipe, { patience: 1 });
    from(story()).subscribe(event$);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(seen.over).toBe(false);
    await until(() => !pipe.read() && seen.over);
    expect(parsed(pipe.text)).toHaveLength(story().length);
  });

  it("--json gives up on a sleeping reader once the ensemble is interrupted", async () => {
    const pipe = new Pipe(100);
    const { event$, seen } = watch(pipe, { patience: 1 });
    const events = story();
    from([...events, stamped(LET_GO, events.length, 100)]).subscribe(event$);
    await until(() => seen.error !== undefined);
    expect(String(seen.error)).toContain("its reader has stopped reading");
    expect(pipe.text).toBe("");
  });

  it("--json gives up on a sleeping reader if the user stops the program after the last event", async () => {
    const pipe = new Pipe(100);
    const stop$ = new Subject<string>();
    const { event$, seen } = watch(pipe, { patience: 1, stop$ });
    from(story()).subscribe(event$);
    await turn();
    expect(seen.over).toBe(false);
    stop$.next("SIGINT");
    await until(() => seen.error !== undefined);
  });

  it("--json gives a working reader all events even after the ensemble is interrupted", async () => {
    const pipe = new Pipe(1000);
    const { event$, seen } = watch(pipe, { patience: 1000 });
    const events = story({ batches: [{ name: "tst1", runs: 500 }] });
    const all = [...events, stamped(LET_GO, events.length, 1000)];
    from(all).subscribe(event$);
    await until(() => !pipe.read() && seen.over);
    expect(parsed(pipe.text)).toEqual(all);
  });
});
