import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ensembleOf, eventsIn, shell } from "../support/program.js";
import { meddling, type Options, rig, task, withEnvironment } from "./rig.js";

/** A run with results, a log and a directory. */
const results = (options: Options = {}) => {
  const it = rig(options);
  writeFileSync(it.inRun("a.nc"), "a");
  writeFileSync(it.inRun("b.log"), "b");
  mkdirSync(it.inRun("below"));
  writeFileSync(it.inRun("below/c.nc"), "c");
  return { ...it, archived: () => (readdirSync(it.at("archive/b-0"), { recursive: true }) as string[]).sort() };
};

/** The result of a move that found `count` files of one byte each. */
const copied = (count: number) => ({ holds: true, copied: { files: count, bytes: count } });
const everything = ["a.nc", "b.log", "below", "below/c.nc"];

describe("move", () => {
  it("move copies the run's directory into `<dest>/<run.id>` and leaves the source unchanged", async () => {
    const { perform, at, inRun, archived } = results({ variables: { archive: "../../archive" } });
    chmodSync(inRun("a.nc"), 0o640);
    utimesSync(inRun("a.nc"), 1e9, 1e9);
    symlinkSync("a.nc", inRun("latest"));
    expect(await perform(task("move", { dest: "run.archive" }))).toMatchObject({ holds: true, copied: { files: 4 } });
    expect(archived()).toEqual([...everything, "latest"].sort());
    expect(readlinkSync(at("archive/b-0/latest"))).toBe("a.nc");
    expect(statSync(at("archive/b-0/a.nc"))).toMatchObject({ mtimeMs: 1e12 });
    expect(statSync(at("archive/b-0/a.nc")).mode & 0o777).toBe(0o640);
    expect(existsSync(inRun("below/c.nc"))).toBe(true);
    expect(await perform(task("move", { dest: at("archive") }))).toMatchObject({ holds: true, copied: { files: 4 } });
  });

  it.each([
    ["include alone copies nothing else", { include: "*.nc" }, ["a.nc"]],
    ["an include list needs the directories on the way", { include: ["*/", "*.nc"] }, ["a.nc", "below", "below/c.nc"]],
    ["exclude leaves files out", { exclude: ["*.log", "below"] }, ["a.nc"]],
    ["include wins over a later exclude", { include: ["a.*"], exclude: ["*.nc"] }, ["a.nc", "b.log", "below"]],
    ["quotes around a pattern are removed, as in the Python tool", { include: ['"*.log"'] }, ["b.log"]],
    ["a pattern may come from a reference", { exclude: "run.unwanted" }, ["a.nc"]],
    [
      "patterns in a list may come from references",
      { include: ["run.wanted", "run.way"], exclude: ["*"] },
      ["below", "below/c.nc"],
    ],
    ["parent directories need no include of their own", { include: ["below/*.nc"] }, ["below", "below/c.nc"]],
    ["an anchored pattern includes its parents", { include: ["/be*/c.nc", "b.log"] }, ["b.log", "below", "below/c.nc"]],
    ["two stars reach every directory", { include: ["**.nc"] }, ["a.nc", "below", "below/c.nc"]],
    ["a directory comes with its files", { include: ["below/***"] }, ["below", "below/c.nc"]],
    [
      "parents are included only before an exclude of everything",
      { include: ["below/*.nc"], exclude: ["below"] },
      ["a.nc", "b.log"],
    ],
  ])("move filters with rsync: %s", async (_, args, expected) => {
    const { perform, at, archived } = results({
      variables: { unwanted: ["*.log", "below"], wanted: ["c.nc"], way: "*/" },
    });
    await perform(task("move", { dest: at("archive"), ...args }));
    expect(archived()).toEqual(expected);
  });

  it.each([
    [
      "an include that matches nothing",
      { include: ["*.grib", "out/*.nc"] },
      "no file matches `include` (`*.grib`, `out/*.nc`)",
    ],
    ["an include of a directory without its files", { include: "below/" }, "no file matches `include` (`below/`)"],
    ["an exclude of everything", { exclude: ["*"] }, "no file is left by `exclude` (`*`)"],
  ])("move fails on %s, unless `allow_empty` allows it", async (_, filters, message) => {
    const { failure, perform, at, inRun } = results();
    expect(await failure(task("move", { dest: at("archive"), ...filters }))).toMatchObject({
      reason: "refused",
      path: inRun(),
      message: `${message}, so nothing was copied; \`allow_empty: true\` allows that`,
    });
    const allowed = await perform(task("move", { dest: at("archive"), ...filters, allow_empty: true }));
    expect(allowed).toEqual(copied(0));
  });

  it("move without a filter takes an empty directory as it is", async () => {
    const { perform, at, inRun } = results();
    mkdirSync(inRun("empty"));
    expect(await perform(task("move", { dest: at("archive"), cwd: "empty" }))).toEqual(copied(0));
  });

  it("the program keeps the results of a run whose move found no file", async () => {
    const post = (include: string) =>
      `      post_run: [{name: move, args: {dest: ../../res, include: ["${include}"]}}, {name: remove}]\n`;
    const job = "mkdir out; printf 12345 > out/a.nc";
    const line = "$PROGRAM ensemble.yaml dummy -ms 0 --json";

    const lost = ensembleOf(1, job, { more: post("out/*.grib") });
    const failed = await shell(line, { directory: lost });
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain("no file matches `include` (`out/*.grib`)");
    expect(existsSync(join(lost, "work/b-0/out/a.nc"))).toBe(true);

    const kept = ensembleOf(1, job, { more: post("out/*.nc") });
    const { status, stdout } = await shell(line, { directory: kept });
    expect(status).toBe(0);
    expect(readFileSync(join(kept, "res/b-0/out/a.nc"), "utf8")).toBe("12345");
    expect(existsSync(join(kept, "work/b-0"))).toBe(false);
    expect(eventsIn(stdout).find(({ type, name }) => type === "task.finished" && name === "move")).toMatchObject({
      ok: true,
      copied: { files: 1, bytes: 5 },
    });
  });

  it("move refuses a list with a reference that has no value", async () => {
    const { failure, at } = results();
    const move = task("move", { dest: at("archive"), include: ["*.nc", "run.unknown"] });
    expect(await failure(move)).toMatchObject({ reason: "refused", message: "`run.unknown` has no value" });
    expect(existsSync(at("archive"))).toBe(false);
  });

  it("move copies `cwd` if it is given", async () => {
    const { perform, at, archived } = results();
    await perform(task("move", { dest: at("archive"), cwd: "below" }));
    expect(archived()).toEqual(["c.nc"]);
  });

  it("move expands `~` and `$NAME` in `dest` as a shell does, and names a variable that is not set", async () => {
    const { perform, failure, at, archived } = results();
    withEnvironment("ARCHIVE_OF_SPEC", at("archive"));
    withEnvironment("HOME", at());
    expect(homedir()).toBe(at());
    await perform(task("move", { dest: "~/archive" }));
    expect(archived()).toEqual(everything);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell syntax
    expect(await perform(task("move", { dest: "${ARCHIVE_OF_SPEC}/again" }))).toEqual(copied(3));
    expect(existsSync(at("archive/again/b-0/a.nc"))).toBe(true);
    expect(await failure(task("move", { dest: "$NOT_SET_ANYWHERE/archive" }))).toMatchObject({
      reason: "refused",
      message: "the environment has no $NOT_SET_ANYWHERE",
    });
  });

  it("move never takes a local directory for a host, nor a file name for an option", async () => {
    const { perform, at, inRun } = results();
    writeFileSync(inRun("-e"), "");
    expect(await perform(task("move", { dest: "../../host:archive" }))).toMatchObject({ holds: true });
    expect(existsSync(at("host:archive/b-0/a.nc"))).toBe(true);
    expect(await perform(task("move", { dest: "../../--delete" }))).toMatchObject({ holds: true });
    expect(existsSync(at("--delete/b-0/-e"))).toBe(true);
  });

  it("move copies to another host", async () => {
    const { perform, failure, at, archived } = results();
    // A stand-in for ssh: it records the host and runs the command on this machine.
    writeFileSync(at("remote"), `#!/bin/sh\necho "$1" >> ${at("hosts")}\nshift\ncd ${at()} && eval "$@"\n`);
    chmodSync(at("remote"), 0o755);
    withEnvironment("RSYNC_RSH", at("remote"));
    mkdirSync(at("archive"));
    expect(await perform(task("move", { dest: "far-away:archive" }))).toEqual(copied(3));
    expect(archived()).toEqual(everything);
    expect(new Set(readFileSync(at("hosts"), "utf8").trim().split("\n"))).toEqual(new Set(["far-away"]));
    expect(await perform(task("move", { dest: "far-away:" }))).toEqual(copied(3));
    expect(existsSync(at("b-0/a.nc"))).toBe(true);
    expect(await failure(task("move", { dest: "-oProxyCommand=true:archive" }))).toMatchObject({ reason: "refused" });
    expect(await failure(task("move", { dest: "far-away:no/such/archive" }))).toMatchObject({ reason: "command" });
  });

  it("move refuses a destination that is the source, inside it, or around it", async () => {
    const { failure, at, inRun } = results();
    symlinkSync(inRun(), at("link"));
    for (const dest of ["..", "archive", ".", at("link"), join(at("link"), "new", "one")]) {
      expect(await failure(task("move", { dest }))).toMatchObject({ reason: "refused" });
    }
    expect(await failure(task("move", { dest: at("base"), cwd: inRun("below") }))).toMatchObject({ reason: "refused" });
    expect(readdirSync(inRun(), { recursive: true }).sort()).toEqual(everything);
  });

  it("move refuses a destination in another run's directory or in the template directory", async () => {
    const { failure, at } = results();
    symlinkSync(at("template"), at("link"));
    for (const dest of [at("base/b-1"), at("base/b-1/new"), at("template"), at("link/new")]) {
      expect(await failure(task("move", { dest }))).toMatchObject({ reason: "refused" });
    }
    expect(readdirSync(at("base/b-1"))).toEqual([]);
    expect(readdirSync(at("template"))).toEqual([]);
  });

  it("move replaces an older file even if its size and time are the same", async () => {
    const { perform, at, inRun } = results();
    const move = task("move", { dest: at("archive") });
    for (const text of ["1", "2"]) {
      writeFileSync(inRun("a.nc"), text);
      utimesSync(inRun("a.nc"), 1e9, 1e9);
      await perform(move);
    }
    expect(readFileSync(at("archive/b-0/a.nc"), "utf8")).toBe("2");
  });

  it("move fails with the path and the errno if it cannot make the destination", async () => {
    const { failure, at } = results();
    writeFileSync(at("file"), "");
    expect(await failure(task("move", { dest: at("file") }))).toMatchObject({
      reason: "directory",
      directory: `${at("file/b-0")}/`,
      message: "the directory cannot be made: a part of its path is not a directory (ENOTDIR)",
    });
  });

  it("the program fails the run within seconds where the parent of the destination answers ENOENT", async () => {
    const more = "      post_run: [{name: move, args: {dest: /proc/nowhere/sub}}]\n";
    const directory = ensembleOf(2, "true", { more });
    const line = "timeout -s KILL 20 $PROGRAM ensemble.yaml dummy -ms 0 --json";
    const { status, stdout, stderr } = await shell(line, { directory });
    expect(status).toBe(1);
    const failure = {
      reason: "directory",
      task: "post_run[0]",
      directory: "/proc/nowhere",
      message: "the directory cannot be made: the file system takes no new directory here (ENOENT)",
    };
    const runs = eventsIn(stdout).filter(({ type }) => type === "run.finished");
    expect(runs).toMatchObject([
      { ok: false, failure },
      { ok: false, failure },
    ]);
    expect(stderr).toContain(
      "/proc/nowhere: the directory cannot be made: the file system takes no new directory here",
    );
  });

  it("move is refused outside a run", async () => {
    const { failure, at } = results();
    expect(await failure(task("move", { dest: at("archive") }), "batch")).toMatchObject({ reason: "refused" });
    expect(await failure(task("move", { dest: at("archive") }), "ensemble")).toMatchObject({ reason: "refused" });
    expect(existsSync(at("archive"))).toBe(false);
  });

  it.each([23, 24])("move fails if rsync ends with status %i, a partial transfer", async (status) => {
    const { failure, at } = results();
    meddling(at, `echo "some files/attrs were not transferred" >&2; exit ${status}`);
    expect(await failure(task("move", { dest: at("archive") }))).toMatchObject({
      reason: "command",
      command: `rsync -aXE --sparse --ignore-times -- ${at("base/b-0")}/ ${at("archive/b-0")}/`,
      status,
      output: "some files/attrs were not transferred",
    });
  });

  it("move fails if a file is missing at the destination, though rsync reported success", async () => {
    const { failure, at } = results();
    const real = meddling(at, "");
    writeFileSync(
      at("bin/rsync"),
      `#!/bin/bash\n${real}\nstatus=$?\nrm -f ${at("archive/b-0/below/c.nc")}\nexit $status\n`,
    );
    const failed = await failure(task("move", { dest: at("archive") }));
    expect(failed).toMatchObject({ reason: "refused", message: expect.stringContaining("below/c.nc") as string });
  });

  it("move fails if it cannot check what has arrived", async () => {
    const { failure, at } = results();
    const real = meddling(at, "");
    writeFileSync(at("bin/rsync"), `#!/bin/bash\nrm "$(readlink /proc/$$/fd/1)"\n${real}\n`);
    expect(await failure(task("move", { dest: at("archive") }))).toMatchObject({
      reason: "directory",
      message: "there is no such file or directory",
    });
  });

  it("the failure of move names rsync if rsync is not installed", async () => {
    const { failure, at } = results();
    withEnvironment("PATH", "/nowhere");
    expect(await failure(task("move", { dest: at("archive") }))).toMatchObject({
      reason: "not_started",
      message: "there is no program rsync",
    });
  });

  it("move copies a symbolic link as a link, not its target", async () => {
    const { perform, at, inRun } = results();
    mkdirSync(at("inputs"));
    symlinkSync(at("inputs"), inRun("inputs"));
    await perform(task("move", { dest: at("archive") }));
    expect(lstatSync(at("archive/b-0/inputs")).isSymbolicLink()).toBe(true);
  });
});
