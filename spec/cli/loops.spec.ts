/** The built program steers a loop by a `post_run` check, as ensembles of the Python tool do. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ensembleOf, program } from "../support/program.js";

const words = ["ensemble.yaml", "dummy", "-ms", "0"];

/** A loop of two runs: each is done after `enough` jobs, and the loop ends after three cycles. */
const loop = (enough: number) =>
  ensembleOf(2, "echo >> jobs", {
    more: [
      "repeat: true",
      `post_run: [{name: check, args: {cmd: 'test -e ../enough || test $(wc -l < jobs) -ge ${enough}', fail: true}}]`,
      "post_batch: [{name: check, args: {cmd: 'test ! -e enough && test $(wc -l < b-0/jobs) -lt 3', fail: true}}]",
    ]
      .map((line) => `      ${line}\n`)
      .join(""),
  });

const statusOf = async (directory: string) => {
  const { stdout } = await program(["status", "ensemble.yaml", "--json"], { directory });
  return JSON.parse(stdout) as { counts: unknown; failures: unknown[]; batches: unknown[] };
};

describe("a loop with a `post_run` check with `fail: true`", () => {
  it("runs that are not done yet go on in the next cycle, and the loop succeeds with 0 and counts its runs once", async () => {
    const directory = loop(3);
    const { status, stderr } = await program(words, { directory });
    expect(status).toBe(0);
    expect(stderr).toContain("b-0 is not done after cycle 2: post_run[0]: the check");
    expect(stderr).toContain("ensemble succeeded in");
    expect(stderr).toContain("2 succeeded, 0 failed, 0 skipped");
    expect(await statusOf(directory)).toMatchObject({
      counts: { succeeded: 2, failed: 0, skipped: 0, interrupted: 0 },
      failures: [],
      batches: [{ cycle: 3, ended: 2, succeeded: 2, failed: 0 }],
    });
    const again = await program(words, { directory });
    expect(again.status).toBe(0);
    expect(again.stderr).toContain("2 succeeded, 0 failed, 0 skipped");
  });

  it("runs that are not done in the last cycle have failed, and --retry-failed goes on with them", async () => {
    const directory = loop(9);
    const first = await program(words, { directory });
    expect(first.status).toBe(1);
    expect(first.stderr).toContain("2  a check failed");
    expect(await statusOf(directory)).toMatchObject({ counts: { succeeded: 0, failed: 2 } });
    writeFileSync(join(directory, "work/enough"), "");
    const again = await program([...words, "--retry-failed"], { directory });
    expect(again.status).toBe(0);
    expect(await statusOf(directory)).toMatchObject({ counts: { succeeded: 2, failed: 0 }, failures: [] });
    expect(readFileSync(join(directory, "work/b-1/jobs"), "utf8")).toBe("\n\n\n\n");
  });
});
