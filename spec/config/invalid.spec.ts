/** Specs of invalid configurations: each file in `fixtures/invalid` gets all its mistakes reported, each at its place. */
import { describe, expect, it } from "vitest";
import { found, invalid, read } from "./fixtures.js";

describe("invalid configurations", () => {
  it.each(invalid)("all mistakes in $file are reported at once", ({ text, expected }) => {
    const reading = read(text);
    expect(found(reading)).toEqual(expected);
    expect(reading.plan === undefined).toBe(expected.some((line) => line.includes(" error ")));
  });

  it.each(invalid)("each diagnostic of $file shows the line that it is about", ({ text }) => {
    const lines = text.split("\n");
    for (const { line, column = 1, excerpt } of read(text).diagnostics.filter((each) => each.line !== undefined)) {
      expect(excerpt).toBe(lines[(line ?? 0) - 1]);
      expect(column).toBeLessThanOrEqual((excerpt ?? "").length + 1);
    }
  });

  it("a message says what is wrong, what was expected, and what the user probably meant", () => {
    const { diagnostics } = read(
      "ensemble:\n  batches:\n  - name: one\n    basedir: b\n    max_runs: 3\n    cluster: on\n    pre_run: [{name: exeucte}]\n",
    );
    expect(diagnostics.map(({ message }) => message)).toEqual([
      "the batch `one` needs `templatedir`, here or in `batch_config`",
      'the batch `one` has no key `max_runs`; did you mean "maxruns"?',
      "`cluster` must be a string, not true (`on` is read as true); put it in quotes",
      'there is no task `exeucte`; did you mean "execute"?',
    ]);
  });

  it("the message about a duplicate key names both places", () => {
    const [first] = read("ensemble:\n  batches: []\n  batches: []\n").diagnostics;
    expect(first).toMatchObject({ line: 3, column: 3, code: "duplicate-key" });
    expect(first?.message).toContain("line 2, column 3");
  });

  it("a mistake in each of 10,000 runs is reported for the first hundred runs, with the number of the other runs", () => {
    const runs = Array.from({ length: 10_000 }, () => "    - 1\n").join("");
    const { diagnostics } = read(
      `ensemble:\n  batches:\n  - name: one\n    basedir: b\n    templatedir: t\n    templates: []\n    maxruns: 1\n    maxjobs: 1\n    runs:\n${runs}`,
    );
    expect(diagnostics).toHaveLength(100);
    expect(diagnostics.at(-1)?.message).toContain("9900 more");
  });
});
