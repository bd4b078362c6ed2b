import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, watch, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { rig, task } from "./rig.js";

const holds = { holds: true };
const refused = { reason: "refused" };

describe("remove", () => {
  it("removes the run's directory, and nothing else", async () => {
    const { look, at, inRun } = rig();
    mkdirSync(inRun("below"));
    writeFileSync(inRun("below/file"), "");
    expect(await look(task("remove"))).toEqual(holds);
    expect(readdirSync(at("base"))).toEqual(["b-1"]);
  });

  it("removes a directory that is named, relative to the run's or not", async () => {
    const { look, at, inRun } = rig({ variables: { big: "scratch" } });
    for (const directory of ["run.big", inRun("scratch"), "./scratch/", "../b-0/scratch"]) {
      mkdirSync(inRun("scratch"));
      expect(await look(task("remove", { directory }))).toEqual(holds);
      expect(readdirSync(at("base"))).toEqual(["b-0", "b-1"]);
      expect(readdirSync(inRun())).toEqual([]);
    }
  });

  it("is content with what is gone already", async () => {
    const { look } = rig();
    expect(await look(task("remove", { directory: "no/where" }))).toEqual(holds);
    expect(await look(task("remove"))).toEqual(holds);
    expect(await look(task("remove"))).toEqual(holds);
  });

  it("clears away what was left when it was cut short", async () => {
    const { look, at } = rig();
    const renamed = new Promise<string>((resolve) => {
      const watcher = watch(at("base"), (_, name) => {
        if (name?.startsWith(".trash-") !== true) return;
        watcher.close();
        resolve(name);
      });
    });
    await look(task("remove"));
    // The program's end may have come before that of this directory.
    mkdirSync(at("base", await renamed, "half"), { recursive: true });
    expect(await look(task("remove"))).toEqual(holds);
    expect(readdirSync(at("base"))).toEqual(["b-1"]);
  });

  it("removes a link, and never what it leads to", async () => {
    const { look, at, inRun } = rig();
    mkdirSync(at("precious"));
    writeFileSync(at("precious/file"), "data");
    for (const directory of ["link", "link/", inRun("link")]) {
      symlinkSync(at("precious"), inRun("link"));
      expect(await look(task("remove", { directory }))).toEqual(holds);
      expect(readdirSync(inRun())).toEqual([]);
    }
    symlinkSync(at("precious"), inRun("link"));
    await look(task("remove"));
    expect(readFileSync(at("precious/file"), "utf8")).toBe("data");
  });

  it("does not go through a link to what is elsewhere", async () => {
    const { failure, at, inRun } = rig();
    mkdirSync(at("precious/below"), { recursive: true });
    symlinkSync(at("precious"), inRun("link"));
    expect(await failure(task("remove", { directory: "link/below" }))).toMatchObject({
      ...refused,
      path: at("precious/below"),
    });
    expect(existsSync(at("precious/below"))).toBe(true);
  });

  it.each(["", ".", "./", "..", "/", "//", "~", "~/x", "run.empty", "run.nothing", "run.missing", "run.list"])(
    "refuses `%s`",
    async (directory) => {
      const { failure, inRun } = rig({ variables: { empty: "", nothing: null, list: ["a"] } });
      expect(await failure(task("remove", { directory }))).toMatchObject(refused);
      expect(existsSync(inRun())).toBe(true);
    },
  );

  it("refuses what is not below the base directory, unless that is allowed", async () => {
    const { failure, look, at } = rig();
    mkdirSync(at("scratch/1"), { recursive: true });
    for (const directory of [at("scratch/1"), at("scratch"), at("base"), at(), dirname(at()), "../../scratch/1"]) {
      expect(await failure(task("remove", { directory }))).toMatchObject(refused);
    }
    expect(await look(task("remove", { directory: "../b-0/x" }))).toEqual(holds);
    const allowing = rig({ batch: { allow_remove: ["scratch"] } });
    mkdirSync(allowing.at("scratch/1"), { recursive: true });
    expect(await allowing.failure(task("remove", { directory: allowing.at("scratch") }))).toMatchObject(refused);
    expect(await allowing.look(task("remove", { directory: allowing.at("scratch/1") }))).toEqual(holds);
    expect(readdirSync(allowing.at("scratch"))).toEqual([]);
  });

  it("refuses what others stand in or need: the start, the home, templates, the working directory", async () => {
    const { failure, at } = rig({
      batch: { allow_remove: ["."], basedir: "all/base", templatedir: "all/base/b-0/template" },
    });
    const { HOME } = process.env;
    process.env.HOME = at("people/ada");
    onTestFinished(() => void (process.env.HOME = HOME));
    mkdirSync(at("people/ada"), { recursive: true });
    mkdirSync(at("all/base/b-0/template/part"));
    for (const directory of ["start", "people", "people/ada", "all", "all/base", "all/base/b-0"]) {
      expect(await failure(task("remove", { directory: at(directory) }))).toMatchObject(refused);
    }
    expect(await failure(task("remove", { directory: "template/part" }))).toMatchObject(refused);
    expect(await failure(task("remove", { directory: process.cwd() }))).toMatchObject(refused);
    expect(readdirSync(at()).sort()).toEqual(["all", "people", "start"]);
  });

  it("refuses another run's directory, and what is in it", async () => {
    const { failure, at, look } = rig();
    mkdirSync(at("base/b-1/below"));
    for (const directory of [at("base/b-1"), "../b-1", "../b-1/below"]) {
      expect(await failure(task("remove", { directory }))).toMatchObject({
        ...refused,
        message: "it belongs to another run, b-1",
      });
    }
    expect(await look(task("remove", { directory: "b-1" }), "batch")).toEqual(holds);
    expect(readdirSync(at("base"))).toEqual(["b-0"]);
  });

  it("refuses, outside a run, to remove what it does not name", async () => {
    const { failure } = rig();
    expect(await failure(task("remove"), "batch")).toMatchObject(refused);
    expect(await failure(task("remove"), "ensemble")).toMatchObject(refused);
  });

  it("lets the ensemble as a whole remove what one of its batches may", async () => {
    const { failure, look, at } = rig({ batch: { allow_remove: ["scratch"] } });
    for (const name of ["base/old", "scratch/old", "start/old"]) mkdirSync(at(name), { recursive: true });
    expect(await look(task("remove", { directory: "../base/old" }), "ensemble")).toEqual(holds);
    expect(await look(task("remove", { directory: at("scratch/old") }), "ensemble")).toEqual(holds);
    expect(await failure(task("remove", { directory: "old" }), "ensemble")).toMatchObject(refused);
    expect(["base/old", "scratch/old", "start/old"].map((name) => existsSync(at(name)))).toEqual([false, false, true]);
  });

  it("refuses a file", async () => {
    const { failure, inRun } = rig();
    writeFileSync(inRun("file"), "");
    expect(await failure(task("remove", { directory: "file" }))).toMatchObject({ message: "it is not a directory" });
  });

  it("refuses what a file system is mounted at, or in", async () => {
    const mount = readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .map((line) => line.split(" ")[4] ?? "")
      .find((path) => /^\/(dev|sys)\/\w+$/.test(path));
    expect(mount).toBeDefined();
    const { failure } = rig({ batch: { allow_remove: [dirname(mount!)] } });
    expect(await failure(task("remove", { directory: mount! }))).toEqual({
      ...refused,
      path: mount,
      message: `another file system is mounted at ${mount!}`,
    });
  });

  it("never touches what is outside, whatever it is told", async () => {
    const name = fc.constantFrom("..", ".", "", "b-0", "b-1", "link", "out", "base", "x", "~", " ", "a\nb", "template");
    const path = fc
      .tuple(fc.boolean(), fc.array(name, { maxLength: 5 }))
      .map(([absolute, parts]) => ({ absolute, parts: parts.join("/") }));
    const { failure, at, inRun } = rig();
    await fc.assert(
      fc.asyncProperty(path, async ({ absolute, parts }) => {
        mkdirSync(inRun("x"), { recursive: true });
        if (!existsSync(inRun("link"))) symlinkSync(at("out"), inRun("link"));
        mkdirSync(at("out/x"), { recursive: true });
        writeFileSync(at("out/x/file"), "data");
        writeFileSync(at("base/b-1/file"), "data");
        writeFileSync(at("template/file"), "data");
        await failure(task("remove", { directory: absolute ? `${at()}/${parts}` : parts }));
        for (const file of ["out/x/file", "base/b-1/file", "template/file"]) expect(existsSync(at(file))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});
