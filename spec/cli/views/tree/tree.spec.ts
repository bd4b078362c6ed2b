/** Specs of the live tree, on a terminal emulator. */
import { lastValueFrom, Subject } from "rxjs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { tree } from "../../../../cli/views/tree/tree.js";
import type { Event, Fact } from "../../../../lib/index.js";
import { played, stamped, story } from "../../../support/story.js";
import { FakeTerminal } from "../../../support/terminal.js";

const plain = { color: false, interactive: true, unicode: true };

beforeEach(
  () => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] }),
);
afterEach(() => void vi.useRealTimers());

/** Plays events into a tree for `seconds`. */
const watch = async (terminal: FakeTerminal, events: readonly Event[], seconds: number, options: object = {}) => {
  const seen: { over: boolean; error?: unknown } = { over: false };
  const subscription = tree(terminal, { ...plain, ...options })(played(events)).subscribe({
    complete: () => {
      seen.over = true;
    },
    error: (error: unknown) => {
      seen.error = error;
    },
  });
  await vi.advanceTimersByTimeAsync(seconds * 1000);
  return { seen, subscription };
};

/** The lines of a tree that has got all of these events at once, and whose stream stays open. */
const shownAtOnce = async (terminal: FakeTerminal, events: readonly Event[]) => {
  const event$ = new Subject<Event>();
  const subscription = tree(terminal, plain)(event$).subscribe();
  for (const event of events) event$.next(event);
  await vi.advanceTimersByTimeAsync(300);
  return { lines: terminal.screen(), subscription };
};

/** Escape sequences from names. The tree itself moves the cursor up as well, but writes no `boo` after that. */
const EVIL = /\x1b\[2J|\x1b\[10A\r\nboo|\x07|\u009b|\u202e/;

const THREE = [
  { name: "tst1", runs: 60 },
  { name: "second", runs: 40 },
  { name: "last", runs: 5, after: ["tst1"] },
];

describe("tree", () => {
  it("the tree shows the ensemble, its stages, the runs in progress and the failures on 80x24", async () => {
    const terminal = new FakeTerminal(80, 24);
    const { subscription } = await watch(terminal, story({ batches: THREE }), 11.3);
    const lines = terminal.screen();
    expect(lines[0]).toBe("❯ lorenz on dummy: 34 of 105 runs ended, 4 failed, 16 in progress  0:11");
    expect(lines[1]).toBe("  ✔ pre_process   done");
    expect(lines[2]).toBe("  ❯ tst1          ▕██▒░░░░░░░░░░░▏  28%  17/60, 2 failed  0:10, about 0:27 left");
    expect(lines[4]).toBe("  · last          waiting for tst1");
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}│ tst1-17 +0:02 {2}job 120017 running$/));
    expect(lines).toContain("    … 8 more runs in progress");
    const failure = lines.findIndex((line) =>
      line.startsWith("  ✖ tst1-7 failed: the job failed: ended with exit status 3"),
    );
    expect(lines.slice(failure, failure + 2).join("")).toContain("see tst1/tst1-7/job.sh.out");
    subscription.unsubscribe();
  });

  it("the tree shows working runs before waiting ones, and says what the waiting ones wait for", async () => {
    const terminal = new FakeTerminal(100, 40);
    const { subscription } = await watch(terminal, story({ batches: [{ name: "tst1", runs: 8 }] }), 1.6);
    const lanes = terminal.screen().filter((line) => line.includes("│"));
    const first = lanes.findIndex((line) => line.includes("waiting: "));
    expect(lanes).toHaveLength(8);
    expect(lanes.slice(first).every((line) => line.includes("waiting: no free job slot (maxjobs)"))).toBe(true);
    expect(lanes[0]).toMatch(/submitted|running/);
    subscription.unsubscribe();
  });

  it.each([
    [80, 24],
    [40, 10],
    [200, 60],
    [60, 4],
    [30, 6],
  ])("the tree is never larger than a terminal of %ix%i", async (columns, rows) => {
    const terminal = new FakeTerminal(columns, rows);
    const { subscription } = await watch(terminal, story({ batches: THREE }), 20);
    for (let second = 0; second < 60; second += 1) {
      await vi.advanceTimersByTimeAsync(500);
      const { lines, base } = terminal.everything();
      expect(base).toBe(0);
      expect(lines.length).toBeGreaterThan(1);
      expect(lines.length).toBeLessThanOrEqual(rows);
      // The screen holds one frame, and no remains of an older one.
      expect(lines.filter((line) => line.includes("lorenz"))).toHaveLength(1);
    }
    subscription.unsubscribe();
  });

  it.each([1, 2, 3])("the tree is one line on a terminal with %i rows", async (rows) => {
    const terminal = new FakeTerminal(80, rows);
    const { subscription } = await watch(terminal, story({ batches: THREE }), 11.3);
    const { lines, base } = terminal.everything();
    expect(base).toBe(0);
    expect(lines).toEqual(["❯ lorenz on dummy: 34 of 105 runs ended, 4 failed, 16 in progress  0:11"]);
    subscription.unsubscribe();
  });

  it("the tree follows a change of the terminal's size", async () => {
    const terminal = new FakeTerminal(120, 30);
    const { subscription } = await watch(terminal, story({ batches: THREE }), 6);
    for (const [columns, rows] of [
      [70, 30],
      [70, 20],
      [110, 20],
      [40, 12],
    ] as const) {
      const before = terminal.everything().lines.length;
      terminal.resize(columns, rows);
      await vi.advanceTimersByTimeAsync(200);
      const lines = terminal.screen();
      expect(before).toBeGreaterThan(5);
      expect(lines.filter((line) => line.includes("lorenz on dummy"))).toHaveLength(1);
      expect(lines[0]).toContain("lorenz on dummy");
      expect(lines.length).toBeLessThan(rows);
    }
    subscription.unsubscribe();
  });

  it("the last frame of the tree shows the stages and the failures, and the cursor is visible again", async () => {
    const terminal = new FakeTerminal(80, 24);
    const { seen } = await watch(terminal, story({ batches: [{ name: "tst1", runs: 12 }] }), 10);
    expect(seen.over).toBe(true);
    expect(terminal.cursor).toBe(true);
    expect(terminal.screen()).toEqual([
      "✖ failed: lorenz on dummy: 12 of 12 runs ended, 1 failed  0:09",
      "  ✔ pre_process   done",
      "  ✖ tst1          ▕█████████████▒▏ 100%  12/12 ended, 1 failed  0:08",
      "  ✔ post_process  done",
      "  ✖ tst1-7 failed: the job failed: ended with exit status 3",
      "      see tst1/tst1-7/job.sh.out",
    ]);
  });

  it("the tree shows the last line of each failure's output, unless failures would have no room", async () => {
    const events = story({ batches: [{ name: "tst1", runs: 60 }] }).map((event) =>
      event.type === "run.finished" && !event.ok && event.failure.reason === "job"
        ? { ...event, failure: { ...event.failure, output: "starting\nExceeded memory limit\n" } }
        : event,
    );
    const last = "      | Exceeded memory limit";
    const shown = async (rows: number) => {
      const { lines, subscription } = await shownAtOnce(new FakeTerminal(120, rows), events);
      subscription.unsubscribe();
      return { lines, failed: lines.filter((line) => /tst1-\d+ failed:/.test(line)).length };
    };
    const high = await shown(40);
    expect(high.failed).toBeGreaterThan(3);
    expect(high.lines.filter((line) => line === last)).toHaveLength(high.failed);
    const low = await shown(high.lines.length - 1);
    expect(low.failed).toBe(high.failed);
    expect(low.lines).not.toContain(last);
  });

  it("the last frame of the tree shows interrupted batches as failed, and no runs in progress", async () => {
    const terminal = new FakeTerminal(80, 24);
    const events = story({ batches: THREE }).filter(({ seq }) => seq < 100);
    const ended: Event = {
      type: "ensemble.finished",
      ensemble: "lorenz",
      ok: false,
      failure: { reason: "interrupted" },
      ...{ succeeded: 0, failed: 0, skipped: 0, interrupted: 105, elapsed_s: 5, seq: 101 },
      time: events.at(-1)!.time,
    };
    const { seen } = await watch(terminal, [...events, stopping(events, "let_go"), ended], 30);
    expect(seen.over).toBe(true);
    const frame = terminal.screen().join("\n");
    expect(frame).toMatch(/^ {2}✔ pre_process/m);
    expect(frame).toMatch(/^ {2}✖ tst1 .*interrupted/m);
    expect(frame).toMatch(/^ {2}· last +not started/m);
    expect(frame).not.toContain("in progress");
  });

  it("the tree shows no estimate before a run has ended", async () => {
    const terminal = new FakeTerminal(120, 24);
    const { subscription } = await watch(terminal, story({ pre_process: 0 }), 2);
    expect(terminal.screen().join("\n")).not.toContain("left");
    await vi.advanceTimersByTimeAsync(4000);
    expect(terminal.screen().join("\n")).toContain("about 0:");
    subscription.unsubscribe();
  });

  it("the tree has the same text with and without colours", async () => {
    const bare = new FakeTerminal(80, 24);
    const painted = new FakeTerminal(80, 24);
    const one = await watch(bare, story({ batches: THREE }), 11.3);
    one.subscription.unsubscribe();
    const two = await watch(painted, story({ batches: THREE }), 11.3, { color: true });
    two.subscription.unsubscribe();
    expect(bare.written).not.toMatch(/\x1b\[[0-9;]*m/);
    expect(painted.written).toContain("\x1b[31m");
    expect(painted.screen()).toEqual(bare.screen());
  });

  it("the tree uses only ASCII in a locale without Unicode", async () => {
    const terminal = new FakeTerminal(80, 24);
    const { subscription } = await watch(terminal, story({ batches: THREE }), 11.3, { unicode: false });
    expect(terminal.written).toMatch(/^[\x00-\x7f]*$/);
    expect(terminal.screen()).toContain("    ... 8 more runs in progress");
    subscription.unsubscribe();
  });

  it("the tree says what another Ctrl-C would do", async () => {
    const terminal = new FakeTerminal(100, 24);
    const events = story({ pre_process: 0 }).filter(({ seq }) => seq < 60);
    const { subscription } = await watch(
      terminal,
      [...events, stopping(events, "drain"), stopping(events, "let_go", 30)],
      5,
    );
    const drain = terminal.screen()[1];
    expect(drain).toMatch(/^! stopping \(SIGINT\): waiting for \d runs in progress; Ctrl-C again interrupts them$/);
    await vi.advanceTimersByTimeAsync(25_000);
    subscription.unsubscribe();
  });

  it("control characters in names and messages do not reach the terminal", async () => {
    const evil = "\x1b[2J\x1b[10A\r\nboo\x07\u009b5A\u202e";
    const terminal = new FakeTerminal(120, 24);
    const events = story({ batches: [{ name: `b${evil}`, runs: 8 }], id: (_, index) => `r${index}${evil}`, takes: 3 });
    const { seen } = await watch(terminal, events, 2);
    const lines = terminal.screen();
    expect(lines[0]).toContain("lorenz on dummy");
    expect(lines.join("\n")).toContain("│ r0\\x1b[2J\\x1…x9b5A\\u202e");
    expect(terminal.written).not.toMatch(EVIL);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(seen.over).toBe(true);
    expect(terminal.written).not.toMatch(EVIL);
  });

  it("the tree redraws at most eight times a second, and once a second if only the clock changes", async () => {
    const terminal = new FakeTerminal(80, 24);
    const event$ = new Subject<Event>();
    const subscription = tree(terminal, plain)(event$).subscribe();
    const events = story({ batches: THREE });
    for (const event of events.slice(0, 200)) event$.next(event);
    await vi.advanceTimersByTimeAsync(1000);
    const quiet = terminal.writes;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(terminal.writes - quiet).toBe(10);
    for (let step = 0; step < 1000; step += 1) {
      event$.next({ ...events[150]!, seq: 200 + step });
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(terminal.writes - quiet).toBeLessThanOrEqual(19);
    subscription.unsubscribe();
  });

  it("the tree shows the cursor again if it is unsubscribed, or if the program exits early", async () => {
    const terminal = new FakeTerminal(80, 24);
    const before = process.listeners("exit").length;
    const { subscription } = await watch(terminal, story(), 3);
    expect(terminal.cursor).toBe(false);
    for (const listener of process.listeners("exit").slice(before)) listener(0);
    expect(terminal.cursor).toBe(true);
    await vi.advanceTimersByTimeAsync(2000);
    expect(terminal.cursor).toBe(false);
    subscription.unsubscribe();
    await vi.advanceTimersByTimeAsync(2000);
    expect(terminal.cursor).toBe(true);
    expect(process.listeners("exit")).toHaveLength(before);
  });

  it("the tree completes silently if its terminal goes away", async () => {
    const terminal = new FakeTerminal(80, 24);
    const { seen } = await watch(terminal, story(), 3);
    const writes = terminal.writes;
    terminal.emit("error", Object.assign(new Error("write EIO"), { code: "EIO" }));
    expect(seen.over).toBe(true);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(terminal.writes - writes).toBeLessThanOrEqual(1);
  });

  it("a bug in the tree ends the tree alone, and the cursor is visible again", async () => {
    const terminal = new FakeTerminal(80, 24);
    const events = story().slice(0, 40);
    const broken = { ...events.at(-1)!, type: "task.started", task: undefined } as unknown as Event;
    const { seen } = await watch(terminal, [...events, broken], 10);
    expect(seen.over).toBe(false);
    expect(seen.error).toBeInstanceOf(TypeError);
    expect(terminal.cursor).toBe(true);
  });

  it("the tree completes if the events fail, and does not report their error", async () => {
    const terminal = new FakeTerminal(80, 24);
    const event$ = new Subject<Event>();
    let over = false;
    const end = lastValueFrom(tree(terminal, plain)(event$), { defaultValue: undefined }).then(() => {
      over = true;
    });
    for (const event of story().slice(0, 40)) event$.next(event);
    await vi.advanceTimersByTimeAsync(200);
    event$.error(new Error("a bug"));
    await vi.advanceTimersByTimeAsync(200);
    await end;
    expect(over).toBe(true);
    expect(terminal.cursor).toBe(true);
  });

  it("the tree does not wait for a terminal that accepts nothing", async () => {
    const terminal = new FakeTerminal(80, 24);
    terminal.write = () => {
      terminal.writes += 1;
      return false;
    };
    const { seen } = await watch(terminal, story({ batches: [{ name: "tst1", runs: 12 }] }), 12);
    expect(seen.over).toBe(true);
    // Two writes: the first frame, and the sequence that shows the cursor once the terminal accepts output again.
    expect(terminal.writes).toBe(2);
  });

  it("messages of other views appear above the tree", async () => {
    const terminal = new FakeTerminal(80, 24);
    const notices$ = new Subject<string>();
    const { subscription } = await watch(terminal, story(), 3, { notices$ });
    notices$.next("the log is lost\n");
    await vi.advanceTimersByTimeAsync(500);
    const lines = terminal.screen();
    expect(lines.slice(0, 2)).toEqual(["the log is lost", expect.stringContaining("❯ lorenz on dummy")]);
    expect(lines.filter((line) => line.includes("lorenz"))).toHaveLength(1);
    subscription.unsubscribe();
  });

  it("the tree shows the cycle of a repeating batch, and the reason of a failed one", async () => {
    const terminal = new FakeTerminal(100, 24);
    const [opened, started] = story({
      batches: [
        { name: "loop", runs: 4 },
        { name: "bad", runs: 3 },
      ],
      pre_process: 0,
    });
    const facts: Fact[] = [
      { type: "batch.started", batch: "loop", runs: 4 },
      { type: "cycle.started", batch: "loop", cycle: 2 },
      { type: "batch.started", batch: "bad", runs: 3 },
      {
        type: "batch.finished",
        batch: "bad",
        cycles: 1,
        ok: false,
        failure: { reason: "command", command: "./prepare", output: "", status: 1, signal: null, task: "pre_batch[0]" },
        elapsed_s: 1,
      },
    ];
    const events = [opened!, started!, ...facts.map((fact, index) => stamped(fact, index + 2, 1))];
    const { lines, subscription } = await shownAtOnce(terminal, events);
    expect(lines[1]).toContain("cycle 2, 0/4");
    expect(lines[2]).toMatch(/✖ bad .*failed: `\.\/prepare` ended with exit status 1/);
    subscription.unsubscribe();
  });

  it("the tree shows stages that an earlier start has finished as done", async () => {
    const terminal = new FakeTerminal(100, 24);
    const batches = [
      { name: "old", runs: 2 },
      { name: "new", runs: 2 },
    ];
    const [opened, started] = story({ batches });
    const none = { succeeded: 0, failed: 0, skipped: 0 };
    const done = { batch: "old", cycle: 0, before: none, last: none, now: { ...none, succeeded: 2 }, ok: true };
    const facts: Fact[] = [
      {
        ...{ type: "ensemble.resumed", starts: 1, in_progress: 0, changed: 0, batches: [done] },
        ...{ causes: [], failures: [], failure_count: 0 },
      },
      { type: "batch.started", batch: "new", runs: 2 },
    ];
    const events = [opened!, started!, ...facts.map((fact, index) => stamped(fact, index + 2, 1))];
    const { lines, subscription } = await shownAtOnce(terminal, events);
    expect(lines[1]).toMatch(/✔ pre_process +done/);
    expect(lines[2]).toMatch(/✔ old +done/);
    expect(lines[3]).toMatch(/❯ new /);
    subscription.unsubscribe();
  });

  describe("with submitted jobs", () => {
    const run = (index: number) => ({ batch: "b", run: `b-${index}`, cycle: 1, attempt: 1 });
    /** The frame of a batch whose jobs are all submitted, after these facts. */
    const shown = async (facts: readonly Fact[], rows = 24, count = 1) => {
      const terminal = new FakeTerminal(100, rows);
      const [opened, started] = story({ batches: [{ name: "b", runs: count }], pre_process: 0, post_process: 0 });
      const all: Fact[] = [{ type: "batch.started", batch: "b", runs: count }];
      for (let index = 0; index < count; index += 1) {
        all.push(
          { type: "run.started", index, directory: `/b/b-${index}`, ...run(index) },
          { type: "job.submitting", script: "job.sh", ...run(index) },
          { type: "job.submitted", job: `7${index}`, ...run(index) },
        );
      }
      const events = [opened!, started!, ...[...all, ...facts].map((fact, index) => stamped(fact, index + 2, 1))];
      const { lines, subscription } = await shownAtOnce(terminal, events);
      subscription.unsubscribe();
      return {
        lines,
        lanes: lines.filter((line) => line.includes("│")).map((line) => line.replace(/^.*\d:\d\d {2}/, "")),
      };
    };
    const job = { job: "70", ...run(0) };

    it.each<readonly [string, readonly Fact[]]>([
      ["job 70 submitted", []],
      ["waiting: job 70 is pending", [{ type: "job.changed", state: "pending", reason: "Priority", ...job }]],
      ["waiting: job 70 is held: release it", [{ type: "job.changed", state: "held", message: "release it", ...job }]],
      ["waiting: job 70 is blocked", [{ type: "job.changed", state: "blocked", ...job }]],
      [
        "job 70 running",
        [
          { type: "job.changed", state: "held", message: "release it", ...job },
          { type: "job.changed", state: "running", ...job },
        ],
      ],
      ["submitting its job", [{ type: "job.vanished", evidence: {}, ...job }]],
      [
        "waiting: the scheduler is busy",
        [
          { type: "job.vanished", evidence: {}, ...job },
          { type: "run.waiting", because: "scheduler", message: "the scheduler is busy", ...run(0) },
        ],
      ],
    ])("the tree's line for a run says `%s`", async (text, facts) => {
      expect((await shown(facts)).lanes).toEqual([text]);
    });

    it("the tree shows runs with a running job before runs with a held job", async () => {
      const held: Fact = { type: "job.changed", state: "held", message: "release it", ...job };
      const running: Fact = { type: "job.changed", job: "71", state: "running", ...run(1) };
      const { lanes } = await shown([held, running], 24, 2);
      expect(lanes).toEqual(["job 71 running", "waiting: job 70 is held: release it"]);
    });

    it("the tree says that the scheduler does not answer, until the scheduler answers again", async () => {
      const silent: Fact = { type: "backend.silent", message: "squeue does not answer; jobs go on\x1b[2J" };
      expect((await shown([silent])).lines[1]).toBe("  squeue does not answer; jobs go on\\x1b[2J");
      const over = [silent, { type: "backend.answered" } as const];
      expect((await shown(over)).lines.join("\n")).not.toContain("squeue");
    });

    it.each([4, 5, 6])("the tree fits three notes at once into %i rows", async (rows) => {
      const facts: readonly Fact[] = [
        { type: "journal.stalled", path: "j", code: "ENOSPC", message: "no space left" },
        { type: "backend.silent", message: "squeue does not answer" },
        { type: "ensemble.stopping", how: "drain", message: "SIGINT" },
      ];
      const { lines } = await shown(facts, rows);
      expect(lines[0]).toContain("lorenz");
      expect(lines.length).toBeLessThanOrEqual(rows);
    });
  });

  it("the tree uses less than 5 % of a core for 10,000 runs in 40 seconds", async () => {
    const events = story({
      batches: [{ name: "tst1", runs: 10_000 }],
      pre_process: 0,
      post_process: 0,
      fails: () => false,
    });
    const sink = Object.assign(new FakeTerminal(80, 24), {
      write: (_: string, done?: () => void) => {
        sink.writes += 1;
        done?.();
        return true;
      },
    });
    const event$ = new Subject<Event>();
    const subscription = tree(sink, { ...plain, color: true })(event$).subscribe();
    const frames = 40 * 8;
    const each = Math.ceil(events.length / frames);
    const before = process.cpuUsage();
    for (let frame = 0; frame < frames; frame += 1) {
      for (const event of events.slice(frame * each, (frame + 1) * each)) event$.next(event);
      await vi.advanceTimersByTimeAsync(125);
    }
    const { user, system } = process.cpuUsage(before);
    expect(sink.writes).toBeGreaterThan(frames / 2);
    expect((user + system) / 1e6).toBeLessThan(0.05 * 40);
    subscription.unsubscribe();
  });
});

const stopping = (events: readonly Event[], how: "drain" | "let_go", later = 0): Event => {
  const last = events.at(-1)!;
  const time = new Date(Date.parse(last.time) + later * 1000).toISOString();
  return { type: "ensemble.stopping", how, message: "SIGINT", seq: last.seq + 1, time };
};
