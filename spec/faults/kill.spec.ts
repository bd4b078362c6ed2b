/** The built program: killed at any moment, started twice at once, and without access to its journal. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ALL, seedOf } from "../support/journal.js";
import { ensembleOf, program, start } from "../support/program.js";

const WORDS = ["ensemble.yaml", "dummy", "-ms", "0", "-ct", "1"];
/** The number of kills, by default a few. */
const KILLS = ALL ? 300 : Number(process.env.KILLS ?? 6);

describe("kill -9", () => {
  it(`the program loses nothing and repeats nothing after kill -9 at ${KILLS} moments`, async () => {
    const args = [join(import.meta.dirname, "kill.mjs"), String(KILLS), String(seedOf("kills"))];
    const [status, output] = await new Promise<[unknown, string]>((resolve) => {
      execFile(process.execPath, args, (error, stdout, stderr) => resolve([error?.code ?? 0, stdout + stderr]));
    });
    console.log(output);
    expect(status, output).toBe(0);
  }, 3_600_000);
});

describe("two instances at once", () => {
  it("one of two instances does the work, and the other names the first and changes nothing", async () => {
    const directory = ensembleOf(4, "echo $$ >> ../../count; sleep 0.5");
    const both = [start(WORDS, { directory }), start(WORDS, { directory })];
    const ended = await Promise.all(both.map((one) => one.ended));
    expect(ended.map(({ status }) => status).sort()).toEqual([0, 3]);
    const winner = both[ended.findIndex(({ status }) => status === 0)]!;
    const { stderr } = ended.find(({ status }) => status === 3)!;
    expect(stderr).toContain(`process ${String(winner.child.pid)} on ${hostname()}, since 20`);
    expect(readFileSync(join(directory, "count"), "utf8").trim().split("\n").length).toBe(4);
    expect(readdirSync(join(directory, ".ensemble/ensemble")).sort()).toEqual(["claims", "journal-000001.ndjson"]);
  });
});

describe("a state directory that cannot be used", () => {
  for (const [name, path, why] of [
    [
      "a file is in its place",
      "file",
      "file cannot be made: a file, or a link that leads nowhere, has this name (EEXIST)",
    ],
    [
      "a file is in its way",
      "file/state",
      "file/state cannot be made: a part of its path is not a directory (ENOTDIR)",
    ],
    [
      "nothing can be made there",
      "/proc/state/below",
      "the directory /proc/state cannot be made: the file system takes no new directory here (ENOENT)",
    ],
  ] as const) {
    it(`the program refuses the state directory before it does anything: ${name}`, async () => {
      const directory = ensembleOf(1, "touch ../../done");
      writeFileSync(join(directory, "file"), "precious");
      const { status, stderr } = await program([...WORDS, "--state-dir", path], { directory });
      expect(status).toBe(5);
      expect(stderr).toMatch(/state directory .*(file|\/proc\/state).* cannot be used: /);
      expect(stderr).toContain(why);
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(existsSync(join(directory, "done"))).toBe(false);
      expect(existsSync(join(directory, "work"))).toBe(false);
      expect(readFileSync(join(directory, "file"), "utf8")).toBe("precious");
    });
  }
});
