/** The guard in job scripts that real shells run. */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { SLURM } from "../../../lib/backends/slurm/dialect.js";
import { guarded, STARTED_BEFORE } from "../../../lib/scheduler/guard/guard.js";
import { fence, tracesIn } from "../../../lib/scheduler/guard/traces.js";
import { headerOf } from "../../../lib/scheduler/jobs/header.js";
import { guardedJob } from "./guarded-job.js";

it.each(["7", "7.server", "7[].server"])("the guard's claim names the job %s, whatever characters its id has", (id) => {
  const { start, directory } = guardedJob("/bin/sh", "exit 0\n");
  start(id, { SLURM_CLUSTER_NAME: "here" });
  expect(tracesIn(directory)).toMatchObject({ claim: `${id};here`, ended: 0 });
});

describe.each(["/bin/sh", "/bin/bash -eu", "/usr/bin/env bash"])("a guarded job of %s", (shell) => {
  it.each([0, 3, 137])("a guarded job ends with its own exit status %i, and its guard records that", (status) => {
    const { start, directory } = guardedJob(shell, `echo done\nexit ${status}\n`);
    expect(start("7")).toEqual({ status, stdout: "done\n", stderr: "" });
    expect(tracesIn(directory)).toEqual({ claim: "7", ended: status, refused: false, signalled: false });
  });

  it("a guarded script keeps its input, its arguments and its line numbers", () => {
    const { start } = guardedJob(shell, 'cat\nnosuchcommand || echo "$#"\n', { header: "" });
    const { stdout, stderr } = start("7");
    expect(stdout).toBe("input\n0\n");
    expect(stderr).toMatch(/(line )?3: .*nosuchcommand/);
  });

  it("a guarded job does its work once, however often Slurm starts it", () => {
    const { start, directory } = guardedJob(shell, "echo work\nkill -9 $$\n");
    expect(start("7").stdout).toBe("work\n");
    // The same job had already ended so: the status of its first start holds.
    expect(tracesIn(directory)).toEqual({ claim: "7", ended: 137, refused: false, signalled: false });
    expect(start("7")).toMatchObject({ status: 137, stdout: "" });
    expect(tracesIn(directory)).toEqual({ claim: "7", ended: 137, refused: true, signalled: false });
    expect(start("8")).toMatchObject({ status: STARTED_BEFORE, stdout: "" });
    rmSync(join(directory, "ended"));
    expect(start("7")).toMatchObject({
      status: STARTED_BEFORE,
      stderr: expect.stringContaining("a second time") as string,
    });
    expect(tracesIn(directory)).toMatchObject({ claim: "7", refused: true });
  });

  it("a guarded script may start itself again as a part of its work, in this job or in another", () => {
    const again = 'if [ "${1-}" != part ]; then "$0" part; SLURM_JOB_ID=9 "$0" part; exit 0; fi\necho work\n';
    const { start, directory } = guardedJob(shell, again);
    expect(start("7")).toEqual({ status: 0, stdout: "work\nwork\n", stderr: "" });
    expect(tracesIn(directory)).toMatchObject({ ended: 0, refused: false });
    // Only a second start by Slurm itself does nothing.
    expect(start("8")).toMatchObject({ status: STARTED_BEFORE, stdout: "" });
  });

  it("a job does nothing once it is fenced off, or its directory is gone", () => {
    const fenced = guardedJob(shell, "echo work\n");
    expect(fence(fenced.directory)).toEqual({ is: "fenced" });
    expect(fenced.start("7")).toMatchObject({ status: STARTED_BEFORE, stdout: "" });
    const forgotten = guardedJob(shell, "echo work\n");
    rmSync(forgotten.directory, { recursive: true });
    expect(forgotten.start("7")).toMatchObject({ status: STARTED_BEFORE, stdout: "" });
  });

  it("a fence keeps all tasks of an array from their work, or none if one has started", () => {
    const fenced = guardedJob(shell, "echo work\n");
    expect(fence(fenced.directory)).toEqual({ is: "fenced" });
    const task = (n: number) => ({
      SLURM_ARRAY_JOB_ID: "7",
      SLURM_ARRAY_TASK_ID: String(n),
      SLURM_CLUSTER_NAME: "here",
    });
    expect(fenced.start("8", task(1))).toMatchObject({ status: STARTED_BEFORE, stdout: "" });
    const started = guardedJob(shell, "echo work\n");
    expect(started.start("8", task(1))).toMatchObject({ status: 0, stdout: "work\n" });
    expect(fence(started.directory)).toEqual({ is: "started", job: "7;here" });
    expect(started.start("9", task(2))).toMatchObject({ status: 0, stdout: "work\n" });
    expect(tracesIn(started.directory)).toMatchObject({ claim: "7;here", ended: 0 });
  });

  it("a job does nothing where its guard cannot record the start", () => {
    const { start, directory } = guardedJob(shell, "echo work\n");
    // A file in the directory's place stands for a file system on which no link can be made.
    rmSync(directory, { recursive: true });
    writeFileSync(directory, "");
    expect(start("7")).toMatchObject({ status: STARTED_BEFORE, stdout: "" });
  });

  it("a job works unguarded where its node may not write its directory, unless the job is fenced off", () => {
    const { start, directory, root, file } = guardedJob(shell, "echo work\n");
    for (const path of [root, dirname(file)]) chmodSync(path, 0o755);
    chmodSync(directory, 0o555);
    // Root may write everywhere.
    const who = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    expect(start("7", {}, who)).toEqual({ status: 0, stdout: "work\n", stderr: "" });
    chmodSync(directory, 0o755);
    fence(directory);
    chmodSync(directory, 0o555);
    expect(start("8", {}, who)).toMatchObject({ status: STARTED_BEFORE, stdout: "" });
  });

  it("a job works unguarded where its node does not see the directory of all jobs", () => {
    const { start, root } = guardedJob(shell, "echo work\n");
    rmSync(root, { recursive: true });
    expect(start("7")).toEqual({ status: 0, stdout: "work\n", stderr: "" });
  });

  it("the guard forwards to the work a signal that only the batch shell gets", () => {
    const { start } = guardedJob(shell, "trap 'echo heard; exit 4' USR1\nkill -USR1 $PPID\nsleep 5 &\nwait\n");
    expect(start("7")).toMatchObject({ status: 4, stdout: "heard\n" });
  });

  it("the guard forwards SIGTERM only to a script that asks for it by name", () => {
    const body = "trap 'echo heard; exit 4' TERM\nkill -TERM $PPID\nsleep 1 &\nwait\necho not\n";
    const plain = guardedJob(shell, body);
    expect(plain.start("7")).toMatchObject({ status: 0, stdout: "not\n" });
    expect(tracesIn(plain.directory)).toMatchObject({ ended: 0, signalled: true });
    expect(guardedJob(shell, body, { header: "#SBATCH --signal=B:TERM@60\n" }).start("7")).toMatchObject({
      status: 4,
      stdout: "heard\n",
    });
  });
});

describe("the guard", () => {
  it("only scripts for shells of the Bourne family get a guard", () => {
    const of = (line: string) =>
      guarded(SLURM, Buffer.from(`${line}\n:\n`), { directory: "/d/1", root: "/d", mark: "a" });
    expect(["#!/bin/csh", "#!/usr/bin/env python3", "echo"].map(of)).toEqual([undefined, undefined, undefined]);
    expect(
      ["#!/bin/zsh -l", "#! /usr/bin/ksh", "#!/usr/bin/env -S bash -l"].map((line) => of(line) !== undefined),
    ).toEqual([true, true, true]);
  });

  it("the guard stands after all directives, and changes no other byte of the script", () => {
    const { text } = guardedJob("/bin/bash", "echo \xe9 # caf\xe9\n", {
      header: "#SBATCH -J a\n\n# b\n#SBATCH -n 2\n",
    });
    expect(headerOf(text)).toBe("#!/bin/bash\n#SBATCH -J a\n\n# b\n#SBATCH -n 2\n");
    expect(text.endsWith(" echo \xe9 # caf\xe9\n")).toBe(true);
  });

  it("a fence that comes too late names the job that has started the work", () => {
    const { start, directory } = guardedJob("/bin/sh", "exit 0\n");
    start("12");
    expect(fence(directory)).toEqual({ is: "started", job: "12" });
    expect(existsSync(join(directory, "ended"))).toBe(true);
    expect(readFileSync(join(directory, "ended"), "utf8")).toMatch(/^ended 0 12 /);
  });
});
