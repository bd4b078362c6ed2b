/** Specs of the summary at the end, and of the report on a configuration. */
import { describe, expect, it } from "vitest";
import { report } from "../../../cli/views/report.js";
import { summary } from "../../../cli/views/summary.js";
import { type Event, initial, reduce } from "../../../lib/index.js";
import { stamped, story } from "../../support/story.js";

const after = (events: readonly Event[], columns = 120, log = "logs/lorenz.yaml.log") => {
  const state = initial();
  for (const event of events) reduce(state, event);
  return summary(state, { color: false, columns, log }).split("\n");
};

/** The same events, in which the output of each failed job ends with these lines. */
const withOutput = (events: readonly Event[], output: string): readonly Event[] =>
  events.map((event) =>
    event.type === "run.finished" && !event.ok && event.failure.reason === "job"
      ? { ...event, failure: { ...event.failure, output } }
      : event,
  );

describe("summary", () => {
  it("the summary of a success has four lines", () => {
    expect(after(story({ fails: () => false }))).toEqual([
      "lorenz succeeded after 12 s",
      "  succeeded    20 runs",
      "  slowest      tst1-3 (4.8 s), tst1-14 (4.8 s), tst1-6 (4.6 s), tst1-17 (4.6 s), tst1-9 (4.5 s)",
      "  look at      logs/lorenz.yaml.log",
      "",
    ]);
  });

  it("the summary counts failures by cause, and names the first ten files to look at", () => {
    const all = after(story({ batches: [{ name: "tst1", runs: 200 }] }));
    expect(all[0]).toMatch(/^lorenz failed after 1:4\d$/);
    expect(all.slice(1, 4)).toEqual([
      "  succeeded    178 runs",
      "  failed       22 runs",
      "               22  the job failed",
    ]);
    expect(all).toContain("               tst1/tst1-7/job.sh.out  tst1-7: the job failed: ended with exit status 3");
    expect(all.filter((line) => line.includes("job.sh.out"))).toHaveLength(10);
    expect(all.at(-3)).toBe("               and 12 more failures");
    expect(all.at(-2)).toBe("  to retry     the same command with --retry-failed does failed runs again");
  });

  it("the summary shows the last three lines of output of the first three failures", () => {
    const output = "one\ntwo\nstarting\nslurmstepd: error: Exceeded job memory limit\n\u001b[2Jkilled\n";
    const all = after(withOutput(story({ batches: [{ name: "tst1", runs: 200 }] }), output), 60);
    const at = all.findIndex((line) => line.endsWith("tst1-7: the job failed: ended with exit status 3"));
    expect(all.slice(at + 1, at + 4)).toEqual([
      "                 | starting",
      "                 | slurmstepd: error: Exceeded job memory l…",
      "                 | \\x1b[2Jkilled",
    ]);
    expect(all.filter((line) => line.includes("| starting"))).toHaveLength(3);
  });

  it("the summary of failures with several causes names a cause for --retry-failed", () => {
    const events = story({ batches: [{ name: "tst1", runs: 200 }] });
    const first = events.find((event) => event.type === "run.finished" && !event.ok);
    const other = { reason: "timeout", after_s: 5 } as const;
    const all = after(events.map((event) => (event === first ? { ...event, failure: other } : event)));
    expect(all.at(-2)).toBe(
      "  to retry     the same command with --retry-failed does failed runs again; --retry-failed=job:failed only those of one cause",
    );
  });

  it("the summary counts ignored failures, and names both ways to ignore those that counted", () => {
    const finished = { task: "post_run[0]", name: "execute", ok: false, elapsed_s: 1 } as const;
    const failure = { reason: "command", command: "mkdir o", output: "", status: 1, signal: null } as const;
    const events = story({ fails: () => false });
    const told = (ignored: boolean) =>
      after([
        ...events.slice(0, 2),
        stamped({ type: "task.finished", ...finished, failure, ...(ignored && { ignored }) }, 1, 1),
        ...events.slice(2),
      ]);
    expect(told(true)).toContain("  ignored      1 failed `execute` task: what followed went on");
    expect(told(true).join("\n")).not.toContain("--compat");
    expect(told(false).join("\n")).toContain(
      "to go on after a failed `execute`: `ignore_failure: true` in its `args`, or",
    );
  });

  it("the summary of several batches counts the failed runs of each", () => {
    const batches = [
      { name: "tst1", runs: 20 },
      { name: "tst2", runs: 5 },
    ];
    const all = after(story({ batches }));
    expect(all.filter((line) => line.includes("in batch"))).toEqual(["  in batch     tst1: 2 of 20 runs failed"]);
  });

  it("the summary breaks a line after the path if the line is too wide", () => {
    const all = after(story(), 60);
    const at = all.indexOf("               tst1/tst1-7/job.sh.out");
    expect(all[at + 1]).toBe("                 tst1-7: the job failed: ended with exit status 3");
  });

  it("the summary of a stopped ensemble names the signal and counts unfinished runs", () => {
    const events = story({ batches: [{ name: "tst1", runs: 100 }] }).slice(0, 300);
    const counts = { succeeded: 20, failed: 3, skipped: 0, interrupted: 77 };
    const failure = { reason: "interrupted" } as const;
    const all = after([
      ...events,
      stamped({ type: "ensemble.stopping", how: "let_go", message: "SIGINT" }, 300, 20),
      stamped({ type: "ensemble.finished", ensemble: "lorenz", ...counts, ok: false, failure, elapsed_s: 20 }, 301, 20),
    ]);
    expect(all[0]).toBe("lorenz was stopped (SIGINT) after 20 s");
    expect(all.join("\n")).toMatch(/ {2}interrupted {2}\d\d runs, unfinished or never started/);
  });

  it("the summary of an ensemble that never started is empty", () => {
    expect(after([])).toEqual([""]);
  });

  it("the summary names the failed task of the ensemble", () => {
    const failure = {
      reason: "command",
      command: "make",
      output: "",
      status: 2,
      signal: null,
      task: "pre_process[0]",
    } as const;
    const none = { succeeded: 0, failed: 0, skipped: 0, interrupted: 20 };
    const all = after([
      ...story().slice(0, 3),
      stamped({ type: "ensemble.finished", ensemble: "lorenz", ...none, ok: false, failure, elapsed_s: 1 }, 3, 1),
    ]);
    expect(all[0]).toBe("lorenz failed after 1 s: pre_process[0]: `make` ended with exit status 2");
  });
});

describe("report", () => {
  const error = { severity: "error", code: "unknown-key", message: "unknown key", file: "a.yaml" } as const;

  it("the report on a configuration shows the place of each mistake, and counts errors and warnings", () => {
    const text = report(
      [
        { ...error, line: 3, column: 3, excerpt: "  max_run: 8" },
        error,
        { ...error, severity: "warning", message: "odd" },
      ],
      { color: false },
    );
    expect(text).toBe(
      [
        "a.yaml:3:3: error: unknown key",
        "    3 |   max_run: 8",
        "      |   ^",
        "a.yaml: error: unknown key",
        "a.yaml: warning: odd",
        "2 errors, 1 warning",
        "",
      ].join("\n"),
    );
  });

  it("the report on a configuration is empty if there are no diagnostics, coloured on request, and free of control characters", () => {
    expect(report([], { color: true })).toBe("");
    expect(report([error], { color: true })).toContain("\x1b[31merror:");
    const evil = { ...error, message: "no \x1b[2J", file: "a\n.yaml", line: 1, column: 2, excerpt: "\tx\x1b[2J" };
    const text = report([evil], { color: false });
    expect(text).not.toContain("\x1b");
    expect(text).toContain("| \tx?[2J\n");
  });
});
