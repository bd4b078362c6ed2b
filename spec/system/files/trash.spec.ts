/** Hidden directories beside run directories: what is in use, and what a start that died has left. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, type TestContext } from "vitest";
import { preparingPath, removeLeftovers, trashPath } from "../../../lib/system/files/leftovers.js";
import { directoryWith, ensembleOf, eventsIn, shell } from "../../support/program.js";

const base = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "trash-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

/** An `unlink` that refuses files named `.nfs…` while the file `in-use` exists in the working directory. */
const NFS = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
int unlink(const char *path) {
  int (*real)(const char *) = dlsym(RTLD_NEXT, "unlink");
  if (strstr(path, "/.nfs") && access(IN_USE, F_OK) == 0) { errno = EBUSY; return -1; }
  return real(path);
}
int unlinkat(int at, const char *path, int flags) {
  int (*real)(int, const char *, int) = dlsym(RTLD_NEXT, "unlinkat");
  if (strstr(path, ".nfs") && access(IN_USE, F_OK) == 0) { errno = EBUSY; return -1; }
  return real(at, path, flags);
}
`;

/** A library to preload. Leaves the spec out where there is no C compiler. */
const libraryOf = ({ skip }: TestContext, source: string, inUse: string): string => {
  const directory = directoryWith({ "nfs.c": source });
  try {
    const words = ["-shared", "-fPIC", `-DIN_USE="${inUse}"`, "-o", "nfs.so", "nfs.c", "-ldl"];
    execFileSync("cc", words, { cwd: directory, stdio: "pipe" });
  } catch (error) {
    skip(`this spec compiles a library, which is not possible here: ${String(error)}`);
  }
  return join(directory, "nfs.so");
};

/** Two runs, one after the other. The first leaves a file that is in use, until the job of `until` removes `in-use`. */
const inUse = (until: number, more = "") =>
  ensembleOf(2, `touch .nfs1 data; [ {{ run.number }} = ${until} ] && rm -f ../../in-use; true`, {
    maxruns: 1,
    more: `      post_run: [{name: remove}]\n${more}`,
  });

describe("a run directory with a file in use", () => {
  it("the program removes a run directory with a file in use later, and the run succeeds", async (context) => {
    const directory = inUse(1);
    writeFileSync(join(directory, "in-use"), "");
    const library = libraryOf(context, NFS, join(directory, "in-use"));
    const line = `LD_PRELOAD=${library} $PROGRAM ensemble.yaml dummy -ms 0 --json`;
    const { status, stdout } = await shell(line, { directory });
    expect(status).toBe(0);
    expect(eventsIn(stdout).filter(({ type, name }) => type === "task.finished" && name === "remove")).toMatchObject([
      {
        ok: true,
        message: expect.stringMatching(
          /^part of the directory stays in \.trash-b-0-[0-9a-f]{12}: .*\/\.nfs1 cannot be deleted now: it is in use \(EBUSY\)/,
        ) as string,
      },
      { ok: true },
    ]);
    expect(readdirSync(join(directory, "work"))).toEqual([]);
  });

  it("the next start removes a run directory with a file that was in use", async (context) => {
    // The first start ends while the file is in use, and its last run is left for the second start.
    const directory = inUse(7);
    writeFileSync(join(directory, "in-use"), "");
    const library = libraryOf(context, NFS, join(directory, "in-use"));
    const line = `LD_PRELOAD=${library} $PROGRAM ensemble.yaml dummy -ms 0`;
    await shell(`${line} -i 0`, { directory });
    const left = readdirSync(join(directory, "work"));
    expect(left).toEqual([expect.stringMatching(/^\.trash-b-0-/)]);
    expect(readdirSync(join(directory, "work", left[0]!))).toEqual([".nfs1"]);
    rmSync(join(directory, "in-use"));
    expect((await shell(line, { directory })).status).toBe(0);
    expect(readdirSync(join(directory, "work"))).toEqual([]);
  });
});

describe("what a start that died has left", () => {
  it("a start removes the hidden directories of its own runs, and no other", async () => {
    const directory = base();
    const own = [
      preparingPath(join(directory, "b-0")),
      trashPath(join(directory, "b-1")),
      trashPath(join(directory, "b-1"), 2),
    ];
    const others = [
      ...[preparingPath(join(directory, "c-0")), trashPath(join(directory, "b-10"))],
      ...[".trash-b-0", "b-0", ".b-0.preparing-", "trash-b-1-abcdef012345"].map((name) => join(directory, name)),
    ];
    for (const path of [...own, ...others]) mkdirSync(join(path, "half"), { recursive: true });
    await removeLeftovers(directory, ["b-0", "b-1"]);
    expect(own.filter(existsSync)).toEqual([]);
    expect(others.filter((path) => !existsSync(path))).toEqual([]);
  });

  it("the hidden names are new for each preparation, short for long names, and different for names that start alike", () => {
    const long = `/r/${"é".repeat(120)}`;
    expect(preparingPath(long)).not.toBe(preparingPath(long));
    expect(trashPath(long)).toBe(trashPath(long));
    expect(trashPath(`${long}a`)).not.toBe(trashPath(`${long}b`));
    expect(Buffer.byteLength(preparingPath(long))).toBeLessThan(200);
  });

  it("a start with --fresh removes the unfinished directory of a run that an earlier start was making", async () => {
    const directory = ensembleOf(1, "echo done > result");
    const left = preparingPath(join(directory, "work/b-0"));
    mkdirSync(join(left, "half"), { recursive: true });
    expect((await shell("$PROGRAM ensemble.yaml dummy -ms 0 --fresh", { directory })).status).toBe(0);
    expect(readdirSync(join(directory, "work"))).toEqual(["b-0"]);
    expect(readFileSync(join(directory, "work/b-0/result"), "utf8")).toBe("done\n");
  });
});
