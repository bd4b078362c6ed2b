import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSpill } from "../../cli/views/spill.js";
import { startTime } from "../../lib/system/processes/process-identity.js";
import { needScratch, openScratch } from "../../lib/system/scratch.js";
import { directoryWith, ensembleOf, fileOf, shell, start } from "../support/program.js";

it("the scratch directory is made when it is needed, for its owner only, and removed at the end", () => {
  const scratch = openScratch();
  expect(existsSync(scratch.directory)).toBe(false);
  needScratch(scratch.directory);
  expect(statSync(scratch.directory).mode & 0o777).toBe(0o700);
  writeFileSync(join(scratch.directory, "1.out"), "");
  needScratch(scratch.directory);
  expect(existsSync(join(scratch.directory, "1.out"))).toBe(true);
  scratch.unsubscribe();
  expect(existsSync(scratch.directory)).toBe(false);
});

it("a scratch directory that was removed is made again", () => {
  const scratch = openScratch();
  needScratch(scratch.directory);
  rmSync(scratch.directory, { recursive: true });
  needScratch(scratch.directory);
  expect(existsSync(scratch.directory)).toBe(true);
  scratch.unsubscribe();
});

it("each scratch directory has a name of its own", () => {
  expect(openScratch().directory).not.toBe(openScratch().directory);
});

it("the error tells why the scratch directory cannot be made", () => {
  const path = join(directoryWith({}), "no/where");
  expect(() => needScratch(path)).toThrow(`${path}: there is no such file or directory`);
});

describe("what a killed program has left in the directory for temporary files", () => {
  const job = "true";
  const more = "      pre_run: [{name: execute, args: {cmd: 'echo out; echo $PPID > ../../pid; sleep 600'}}]\n";
  const scratchIn = (directory: string) => readdirSync(directory).filter((name) => name.startsWith("model-ensembler-"));

  it("the next start of any ensemble removes the output of commands of a killed program, and no other directory", async () => {
    const directory = ensembleOf(1, job, { more });
    const tmp = join(directory, "tmp");
    mkdirSync(tmp);
    const started = start(["ensemble.yaml", "dummy", "-ms", "0"], { directory, env: { TMPDIR: tmp } });
    await fileOf(join(directory, "pid"));
    const [left = ""] = scratchIn(tmp);
    const alive = left.replace(/-\d+-\d+-([0-9a-f-]{36})$/, `-${process.pid}-${startTime(process.pid) ?? ""}-$1`);
    const otherBoot = left.replace(/[0-9a-f]{8}-/, "00000000-");
    const otherSpace = left.replace(/-\d+(-\d+-\d+-[0-9a-f-]{36})$/, "-1$1");
    for (const name of [alive, otherBoot, otherSpace, "model-ensembler-0-1-x"])
      mkdirSync(join(tmp, name, "kept"), { recursive: true });
    symlinkSync(directory, join(tmp, left.replace(/[0-9a-f]$/, "z")));
    expect(existsSync(join(tmp, left, "1.out"))).toBe(true);

    const other = ensembleOf(1, job);
    await shell("$PROGRAM ensemble.yaml dummy -ms 0", { directory: other, env: { TMPDIR: tmp } });
    expect(scratchIn(tmp)).toContain(left);
    started.child.kill("SIGKILL");
    await started.ended;
    await shell("$PROGRAM ensemble.yaml dummy -ms 0 --fresh --yes -p", { directory: other, env: { TMPDIR: tmp } });
    expect(scratchIn(tmp).sort()).toEqual(
      [alive, otherBoot, otherSpace, "model-ensembler-0-1-x", left.replace(/[0-9a-f]$/, "z")].sort(),
    );
    expect(existsSync(join(directory, "ensemble.yaml"))).toBe(true);
  });

  it("model_ensemble_check falls back to /tmp if TMPDIR is not there", async () => {
    const directory = ensembleOf(1, job);
    const { status } = await shell("$CHECK dummy", { directory, env: { TMPDIR: "/no/such/directory" } });
    expect(status).toBe(0);
  });

  it("events for a slow reader wait in /tmp if TMPDIR is not there", () => {
    const before = process.env.TMPDIR;
    process.env.TMPDIR = "/no/such/directory";
    onTestFinished(() => {
      if (before === undefined) Reflect.deleteProperty(process.env, "TMPDIR");
      else process.env.TMPDIR = before;
    });
    const spill = openSpill();
    onTestFinished(() => spill.close());
    spill.push(Buffer.from("event"));
    expect(spill.shift(10)?.toString()).toBe("event");
  });
});
