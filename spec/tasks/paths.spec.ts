/** Paths in the arguments of tasks: what a shell expands in `dest`, and where `..` leads behind a link. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { type Options, rig, task } from "./rig.js";

/** A run with the result `a.nc`, whose `basedir` is a link into the directory `scratch/u`. */
const linked = (options: Options = {}) => {
  const here = rig(options);
  mkdirSync(here.at("scratch/u"), { recursive: true });
  renameSync(here.at("base"), here.at("scratch/u/base"));
  symlinkSync("scratch/u/base", here.at("base"));
  writeFileSync(here.inRun("a.nc"), "result");
  return here;
};

describe("a path in the arguments of a task, where `basedir` is a link", () => {
  it("a relative `dest` leads to the place to which rsync takes it from the run directory", async () => {
    const { perform, at } = linked();
    await perform(task("move", { dest: "../../results" }));
    expect(readdirSync(at("scratch/u/results/b-0"))).toEqual(["a.nc"]);
    expect(existsSync(at("results"))).toBe(false);
  });

  it("a relative `directory` of `remove` leads out of the directory that the link leads to", async () => {
    const { perform, at } = linked({ batch: { allow_remove: ["scratch/u", "tmp"] } });
    for (const path of ["scratch/u/tmp/x", "tmp/x"]) mkdirSync(at(path), { recursive: true });
    await perform(task("remove", { directory: "../../tmp/x" }));
    expect([existsSync(at("scratch/u/tmp/x")), existsSync(at("tmp/x"))]).toEqual([false, true]);
  });

  it("a relative `cwd` leads to the place to which `cd` takes it", async () => {
    const { perform, at } = linked();
    await perform(task("execute", { cmd: "pwd > where", cwd: "../.." }));
    expect(readFileSync(at("scratch/u/where"), "utf8").trim()).toBe(at("scratch/u"));
  });
});

describe("what a shell expands in `dest`", () => {
  const withResult = () => {
    const here = rig();
    writeFileSync(here.inRun("a.nc"), "result");
    return here;
  };

  it.each([
    ["${NOT_SET:-../../res}", "res"],
    ["${NOT_SET-../../res}", "res"],
    ["../../${NOT_SET:-res}/x", "res/x"],
    ["${EMPTY-../..}../../res", "res"],
    ["${EMPTY:-../..}/res", "res"],
    ["${PLACE:-../../res}", "place"],
  ])("the `dest` %s leads to %s", async (dest, place) => {
    const { perform, at } = withResult();
    vi.stubEnv("PLACE", at("place"));
    vi.stubEnv("EMPTY", "");
    try {
      await perform(task("move", { dest }));
    } finally {
      vi.unstubAllEnvs();
    }
    expect(existsSync(at(place, "b-0/a.nc"))).toBe(true);
  });

  it("a host may come from the environment", async () => {
    const { failure } = withResult();
    vi.stubEnv("HOST_OF_SPEC", "-oProxyCommand=x");
    const failed = await failure(task("move", { dest: "$HOST_OF_SPEC:/res" })).finally(() => vi.unstubAllEnvs());
    expect(failed).toMatchObject({ reason: "refused", message: "the name of a host cannot start with `-`" });
  });

  it.each(["$(date)", "`date`", "${A:?text}", "${A#x}/b"])("%s in `dest` is refused", async (written) => {
    const { failure, inRun } = withResult();
    const failed = await failure(task("move", { dest: `../../${written}` }));
    expect(failed).toMatchObject({
      reason: "refused",
      message: expect.stringContaining("is not expanded here") as string,
    });
    expect(readdirSync(dirname(inRun("a.nc")))).toEqual(["a.nc"]);
  });
});
