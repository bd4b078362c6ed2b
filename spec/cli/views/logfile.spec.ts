/** Specs of the log, on a real file system. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EMPTY, from, lastValueFrom, type Observable, Subject } from "rxjs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { logfile } from "../../../cli/views/logfile.js";
import type { Event } from "../../../lib/index.js";
import { story } from "../../support/story.js";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "log-"));
});
afterEach(() => rm(directory, { recursive: true }));

const written = async (event$: Observable<Event>, verbose = false): Promise<readonly string[]> => {
  const path = join(directory, "logs", "lorenz.yaml.log");
  await lastValueFrom(logfile(path, { verbose })(event$), { defaultValue: undefined });
  return readFileSync(path, "utf8").trimEnd().split("\n");
};

describe("logfile", () => {
  it("the log makes its directory, and has a line with time and level for each important event", async () => {
    const lines = await written(from(story()));
    expect(lines[1]).toBe("2026-11-24T08:00:00.000Z INFO    lorenz (lorenz.yaml) started on dummy: 1 batch, 20 runs");
    expect(lines).toContainEqual(expect.stringMatching(/Z INFO {4}tst1-3: job 120003 submitted$/));
    expect(lines).toContainEqual(
      expect.stringMatching(
        /Z ERROR {3}tst1-7 failed in .* s: the job failed: ended with exit status 3; see .*job\.sh\.out$/,
      ),
    );
    expect(lines.at(-1)).toMatch(/Z ERROR {3}lorenz failed in 12 s: 18 succeeded, 2 failed, 0 skipped, 0 interrupted$/);
    expect(lines.join("\n")).not.toContain("DETAIL");
  });

  it("a verbose log has a line for every event", async () => {
    const events = story();
    expect(await written(from(events), true)).toHaveLength(events.length);
  });

  it("a second start appends to the log", async () => {
    const once = await written(from(story()));
    expect(await written(from(story()))).toEqual([...once, ...once]);
  });

  it("the log of an ensemble without events is empty", async () => {
    expect(await written(EMPTY)).toEqual([""]);
  });

  it("a line break in a name adds no line to the log", async () => {
    const lines = await written(from(story({ id: (_, index) => `r\n2026 ERROR fake${index}\x1b[2J` })), true);
    expect(lines).toHaveLength(story().length);
    expect(lines.join("")).not.toContain("\x1b");
  });

  it("the log shows the last five lines of a failed command's output", async () => {
    const [opened] = story();
    const output = "one\ntwo\nthree\nfour\nfive\nsix\n";
    const failure = {
      reason: "command",
      command: "./fit",
      output,
      status: 2,
      signal: null,
      task: "post_run[1]",
    } as const;
    const finished = {
      type: "run.finished",
      batch: "a",
      run: "a-1",
      cycle: 1,
      attempt: 1,
      ok: false,
      elapsed_s: 2,
    } as const;
    const lines = await written(from([opened!, { ...finished, failure, seq: 1, time: opened!.time }]));
    expect(lines.slice(-6)).toEqual([
      `${opened!.time} ERROR   a-1 failed in 2 s: post_run[1]: \`./fit\` ended with exit status 2`,
      ...["two", "three", "four", "five", "six"].map((word) => `    | ${word}`),
    ]);
  });

  it("the log fails once with the error of the file system, and unsubscribes from the events", async () => {
    writeFileSync(join(directory, "logs"), "in the way");
    const event$ = new Subject<Event>();
    const failed = lastValueFrom(logfile(join(directory, "logs", "x.log"), { verbose: true })(event$), {
      defaultValue: undefined,
    });
    for (const event of story()) event$.next(event);
    await expect(failed).rejects.toThrow(/EEXIST|ENOTDIR/);
    expect(event$.observed).toBe(false);
  });

  it.runIf(existsSync("/dev/full"))("the log fails if the disk is full", async () => {
    const view = logfile("/dev/full", { verbose: false });
    await expect(lastValueFrom(view(from(story())), { defaultValue: undefined })).rejects.toMatchObject({
      code: "ENOSPC",
    });
  });

  it("the log writes waiting lines if the program exits early", async () => {
    const path = join(directory, "x.log");
    const event$ = new Subject<Event>();
    const before = process.listeners("exit").length;
    const subscription = logfile(path, { verbose: true })(event$).subscribe();
    const events = story();
    event$.next(events[0]!);
    while (!existsSync(path) || readFileSync(path, "utf8") === "")
      await new Promise((resolve) => setTimeout(resolve, 5));
    for (const event of events.slice(1, 20)) event$.next(event);
    for (const listener of process.listeners("exit").slice(before)) listener(0);
    expect(readFileSync(path, "utf8").trimEnd().split("\n")).toHaveLength(20);
    subscription.unsubscribe();
    expect(process.listeners("exit")).toHaveLength(before);
  });
});
