/** Failures, as sentences for the user. */
import { describe, expect, it } from "vitest";
import { Abandon, causeOf, explain, type Failure } from "../../lib/events/failure.js";

const ended = (status: number | null, signal: string | null = null) => ({ status, signal, output: "" });

describe("explain", () => {
  const sentences: readonly (readonly [Failure, string])[] = [
    [{ reason: "command", command: "run me", ...ended(3) }, "`run me` ended with exit status 3"],
    [{ reason: "command", command: "rum", ...ended(127) }, "`rum` ended with exit status 127 (command not found)"],
    [{ reason: "command", command: "/", ...ended(126) }, "`/` ended with exit status 126 (found, but not executable)"],
    [{ reason: "command", command: "x", ...ended(null, "SIGKILL") }, "`x` was ended by SIGKILL"],
    [
      { reason: "command", command: "x", ...ended(null, "SIGXFSZ") },
      "`x` was ended by SIGXFSZ (it wrote more into a file than the limit that `ulimit -f` shows)",
    ],
    [
      { reason: "command", command: "x".repeat(500), ...ended(3) },
      `\`${"x".repeat(400)}… (500 characters)\` ended with exit status 3`,
    ],
    [{ reason: "check", command: "test -e a", ...ended(1) }, "the check `test -e a` ended with exit status 1"],
    [{ reason: "not_started", command: "x", message: "no shell" }, "`x` could not be started: no shell"],
    [{ reason: "timeout", after_s: 2.5 }, "timed out after 2.5 s"],
    [{ reason: "job", cause: "failed" }, "the job failed"],
    [{ reason: "job", cause: "failed", status: 1, signal: null }, "the job failed: ended with exit status 1"],
    [
      { reason: "job", cause: "cancelled", status: null, signal: "SIGTERM" },
      "the job was cancelled: was ended by SIGTERM",
    ],
    [{ reason: "job", cause: "not_started", message: "no such file" }, "the job could not be started: no such file"],
    [{ reason: "job", cause: "out_of_memory" }, "the job ran out of memory"],
    [{ reason: "template", file: "a.liquid", line: 3, column: 7, message: "undefined x" }, "a.liquid:3:7: undefined x"],
    [{ reason: "template", file: "a.liquid", message: "cannot be read" }, "a.liquid: cannot be read"],
    [{ reason: "directory", directory: "/w/b-0", message: "exists already" }, "/w/b-0: exists already"],
    [{ reason: "directory", directory: "/t", message: "there is no template /t/a.j2" }, "there is no template /t/a.j2"],
    [
      { reason: "refused", path: "/", message: "not below the base directory" },
      "/ is refused: not below the base directory",
    ],
    [{ reason: "storage", path: "/w", code: "ENOSPC", message: "no space left" }, "/w: no space left (ENOSPC)"],
    [{ reason: "parts", runs: 1, batches: 0 }, "1 run failed"],
    [{ reason: "parts", runs: 2, batches: 1 }, "2 runs and 1 batch failed"],
    [{ reason: "parts", runs: 0, batches: 2 }, "2 batches failed"],
    [{ reason: "interrupted" }, "interrupted"],
    [
      { reason: "interrupted", command: "x" },
      "interrupted: `x` was running when the program ended, and its result is unknown",
    ],
  ];

  it.each(sentences)("%j is explained in a sentence", (failure, sentence) => {
    expect(explain(failure)).toBe(sentence);
  });

  it("an explanation does not name the task that failed", () => {
    expect(explain({ reason: "timeout", after_s: 1, task: "pre_run[0]" })).toBe("timed out after 1 s");
  });
});

describe("causeOf", () => {
  it("failures of jobs are counted by their cause, and all others by their reason", () => {
    expect(causeOf({ reason: "job", cause: "timeout" })).toBe("job:timeout");
    expect(causeOf({ reason: "timeout", after_s: 1 })).toBe("timeout");
  });
});

describe("an Abandon", () => {
  it("an Abandon is an Error that carries its failure and explains it", () => {
    const failure: Failure = { reason: "timeout", after_s: 3 };
    const error = new Abandon(failure);
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.message, error.failure]).toEqual(["Abandon", "timed out after 3 s", failure]);
  });
});
