/** What `move` keeps of files where the destination, or the user's options of rsync, set limits. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { attributesOf, giveAttribute, mounted } from "../support/mounts.js";
import { ensembleOf, eventsIn, shell } from "../support/program.js";
import { meddling, rig, task } from "./rig.js";

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

/** The number of bytes that a file takes on the disk. */
const occupied = (path: string): number => statSync(path).blocks * 512;

describe("a destination of move", () => {
  it("move keeps extended attributes where the destination takes them", async (context) => {
    const { perform, at, inRun } = rig();
    writeFileSync(inRun("a.nc"), "a");
    giveAttribute(context, inRun("a.nc"));
    expect(await perform(task("move", { dest: at("archive") }))).toEqual({
      holds: true,
      copied: { files: 1, bytes: 1 },
    });
    expect(attributesOf(at("archive/b-0/a.nc"))).toEqual(["user.origin"]);
  });

  it("the program archives all runs where the destination takes no extended attributes, and warns once", async (context) => {
    const archive = mounted(context, "ramfs");
    const job = `printf 12345 > data; python3 -c 'import os; os.setxattr("data", "user.origin", b"x")'`;
    const more = `      post_run: [{name: move, args: {dest: ${archive}}}, {name: remove}]\n`;
    const directory = ensembleOf(2, job, { maxruns: 1, more });
    giveAttribute(context, join(directory, "ensemble.yaml"));
    const { status, stdout, stderr } = await shell("$PROGRAM ensemble.yaml dummy -ms 0 --json", { directory });
    expect(status).toBe(0);
    const moves = eventsIn(stdout).filter(({ type, name }) => type === "task.finished" && name === "move");
    expect(moves).toMatchObject([
      { ok: true, copied: { files: 3 } },
      { ok: true, copied: { files: 3 } },
    ]);
    const why =
      "the destination takes no extended attributes or ACLs, so this run and later ones are copied without them";
    expect(moves.map(({ message }) => message)).toEqual([
      expect.stringMatching(new RegExp(`^${why}: rsync: .*Operation not supported`)),
      undefined,
    ]);
    expect(stderr).toContain(`  note         b-0: post_run[0] move succeeded, but ${why}`);
    expect(readFileSync(join(archive, "b-1/data"), "utf8")).toBe("12345");
    expect(existsSync(join(directory, "work/b-1"))).toBe(false);
  });

  it("move copies a file without an extended attribute that is too large for the destination", async (context) => {
    const { perform, at, inRun } = rig();
    const large = mounted(context, "tmpfs");
    writeFileSync(join(large, "a.nc"), "a");
    giveAttribute(context, join(large, "a.nc"), 60_000);
    mkdirSync(inRun("out"));
    const result = await perform(task("move", { dest: at("archive"), cwd: large }));
    // ext4 takes 4 kB, other file systems take more.
    if (attributesOf(at("archive/b-0/a.nc")).length > 0) return context.skip("/tmp takes attributes of 60 kB");
    expect(result).toMatchObject({
      holds: true,
      copied: { files: 1 },
      message: expect.stringContaining("does not take extended attributes this large") as string,
    });
    return undefined;
  });

  const REFUSED = 'rsync: [receiver] rsync_xal_set: fsetxattr("a","user.b") failed: Operation not supported (95)';
  it.each([
    ["an rsync that was built without extended attributes", "extended attributes are not supported on this server", 4],
    ["an rsync before version 3", "--xattrs requires protocol 30 or higher (negotiated 29).", 2],
    [
      "a destination without ACLs",
      "rsync: [generator] set_acl: sys_acl_set_file(a, ACL_TYPE_ACCESS): Operation not supported (95)",
      23,
    ],
  ])("move copies without extended attributes to %s", async (_, output, status) => {
    const { perform, at, inRun } = rig();
    writeFileSync(inRun("a.nc"), "a");
    const real = meddling(at, "");
    const refuses = `[ "$1" = -aXE ] && { echo '${output}' >&2; exit ${status}; }`;
    writeFileSync(at("bin/rsync"), `#!/bin/bash\n${refuses}\necho "$@" >> ${at("calls")}\n${real}\n`);
    const move = task("move", { dest: at("archive"), options: ["--acls", "--no-perms"] });
    expect(await perform(move)).toMatchObject({
      copied: { files: 1 },
      message: expect.stringContaining(output) as string,
    });
    expect(readFileSync(at("calls"), "utf8")).toMatch(/^-aE --sparse --ignore-times --no-perms -- /);
    expect(await perform(move)).toEqual({ holds: true, copied: { files: 1, bytes: 1 } });
  });

  it("move fails if files are missing besides extended attributes", async () => {
    const { failure, at } = rig();
    const missing = 'rsync: [sender] send_files failed to open "/a": Permission denied (13)';
    meddling(at, `[ "$1" = -aXE ] && echo '${REFUSED}' >&2\necho '${missing}' >&2; exit 23`);
    expect(await failure(task("move", { dest: at("archive") }))).toMatchObject({
      reason: "command",
      command: `rsync -aE --sparse --ignore-times -- ${at("base/b-0")}/ ${at("archive/b-0")}/`,
      status: 23,
      output: missing,
    });
  });

  it("move keeps the holes of sparse files, unless its options say otherwise", async () => {
    const { perform, at, inRun } = rig();
    writeFileSync(inRun("grid.nc"), "start");
    truncateSync(inRun("grid.nc"), 32e6);
    await perform(task("move", { dest: at("archive") }));
    expect(statSync(at("archive/b-0/grid.nc")).size).toBe(32e6);
    expect(occupied(at("archive/b-0/grid.nc"))).toBeLessThan(1e6);
    await perform(task("move", { dest: at("filled"), options: "--no-sparse" }));
    expect(occupied(at("filled/b-0/grid.nc"))).toBeGreaterThan(31e6);
  });
});

describe("options of rsync for move", () => {
  it("move hands its options to rsync, also from a reference", async () => {
    const { perform, at, inRun } = rig({ variables: { mode: "--chmod=g=rX,o=" } });
    writeFileSync(inRun("a.nc"), "a", { mode: 0o644 });
    symlinkSync("a.nc", inRun("link"));
    await perform(task("move", { dest: at("archive"), options: ["run.mode", "-L"] }));
    expect(modeOf(at("archive/b-0/a.nc"))).toBe("640");
    expect(lstatSync(at("archive/b-0/link")).isFile()).toBe(true);
  });

  it.each([
    ["--remove-source-files", "does not take the option `--remove-source-files` of rsync"],
    ["--delete", "does not take the option `--delete` of rsync"],
    ["-rn", "does not take the option `-rn` of rsync"],
    ["--rsh=rm", "does not take the option `--rsh` of rsync"],
    ["--no-perms --delete", "more than one word"],
    ["a.nc", "no option of rsync"],
    ["--chmod", "`--chmod` needs a value"],
    ["--checksum=1", "`--checksum` takes no value"],
  ])("move refuses the option %s of a reference, and copies nothing", async (option, message) => {
    const { failure, at, inRun } = rig({ variables: { option } });
    writeFileSync(inRun("a.nc"), "a");
    expect(await failure(task("move", { dest: at("archive"), options: ["--no-perms", "run.option"] }))).toMatchObject({
      reason: "refused",
      path: option,
      message: expect.stringContaining(message) as string,
    });
    expect(existsSync(at("archive"))).toBe(false);
    expect(existsSync(inRun("a.nc"))).toBe(true);
  });

  it("validate reports an option that move does not take, at its place", async () => {
    const more = "      post_run:\n        - {name: move, args: {dest: x, options: [--no-perms, --delete]}}\n";
    const directory = ensembleOf(1, "true", { more });
    const { status, stdout, stderr } = await shell("$PROGRAM validate ensemble.yaml", { directory });
    expect(status).toBe(2);
    expect(stdout + stderr).toContain(
      "ensemble.yaml:12:62: error: `move` does not take the option `--delete` of rsync",
    );
  });
});
