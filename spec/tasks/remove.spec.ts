import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, watch, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { ensembleOf, eventsIn, shellUnprivileged } from "../support/program.js";
import { rig, task } from "./rig.js";

const holds = { holds: true };
const refused = { reason: "refused" };

describe("remove", () => {
  it("remove deletes the run's directory and nothing else", async () => {
    const { perform, at, inRun } = rig();
    mkdirSync(inRun("below"));
    writeFileSync(inRun("below/file"), "");
    expect(await perform(task("remove"))).toEqual(holds);
    expect(readdirSync(at("base"))).toEqual(["b-1"]);
  });

  it("remove deletes a named directory, relative to the run's or absolute", async () => {
    const { perform, at, inRun } = rig({ variables: { big: "scratch" } });
    for (const directory of ["run.big", inRun("scratch"), "./scratch/", "../b-0/scratch"]) {
      mkdirSync(inRun("scratch"));
      expect(await perform(task("remove", { directory }))).toEqual(holds);
      expect(readdirSync(at("base"))).toEqual(["b-0", "b-1"]);
      expect(readdirSync(inRun())).toEqual([]);
    }
  });

  it("remove succeeds if the directory does not exist", async () => {
    const { perform } = rig();
    expect(await perform(task("remove", { directory: "no/where" }))).toEqual(holds);
    expect(await perform(task("remove"))).toEqual(holds);
    expect(await perform(task("remove"))).toEqual(holds);
  });

  it("remove deletes the rest of a directory that an interrupted remove has left", async () => {
    const { perform, at } = rig();
    const renamed = new Promise<string>((resolve) => {
      const watcher = watch(at("base"), (_, name) => {
        if (name?.startsWith(".trash-") !== true) return;
        watcher.close();
        resolve(name);
      });
    });
    await perform(task("remove"));
    // The program may have died before it had deleted this directory.
    mkdirSync(at("base", await renamed, "half"), { recursive: true });
    expect(await perform(task("remove"))).toEqual(holds);
    expect(readdirSync(at("base"))).toEqual(["b-1"]);
  });

  it("a user without privileges can remove and render again a run directory copied from a read-only template directory", async () => {
    const more = [
      "      repeat: true",
      "      post_run: [{name: remove, args: {directory: gone}}]",
      "      post_batch: [{name: check, args: {cmd: 'test ! -e ../first && touch ../first', fail: true}}]\n",
    ].join("\n");
    const directory = ensembleOf(1, "echo more >> data/input", { more });
    for (const name of ["data/input", "data/render.liquid", "gone/deep/input"]) {
      mkdirSync(dirname(join(directory, "template", name)), { recursive: true });
      writeFileSync(join(directory, "template", name), "");
    }
    const file = join(directory, "ensemble.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace("[job.sh.liquid]", "[job.sh.liquid, data/render.liquid]"));
    const line = [
      "find template -depth -exec chmod a-w {} +; chmod +x template/job.sh.liquid",
      "$PROGRAM ensemble.yaml dummy -ms 0 --json",
      "status=$?; chmod -R u+rwX template; find work >&2; exit $status",
    ].join("\n");
    const { stderr, stdout } = await shellUnprivileged(line, { directory });
    const outcomes = eventsIn(stdout).filter(({ type }) => type === "task.finished");
    expect(outcomes[0]).toMatchObject({ task: "post_run[0]", ok: true });
    expect(eventsIn(stdout).filter(({ type, ok }) => type === "run.finished" && ok === true)).toHaveLength(2);
    expect(stderr).not.toContain(".trash-");
    expect(existsSync(join(directory, "work/b-0/gone"))).toBe(false);
  });

  it.each([
    ["", "deep"],
    [" whose name is no UTF-8", "d\\374p"],
  ])("a user without privileges removes a read-only directory%s that a job has made", async (_, name) => {
    const more = "      post_run: [{name: remove}]\n";
    const job = `d=$(printf 'out/${name}'); mkdir -p "$d"; touch "$d/a"; chmod 555 "$d" out`;
    const directory = ensembleOf(1, job, { more });
    const { status } = await shellUnprivileged("$PROGRAM ensemble.yaml dummy -ms 0", { directory });
    expect(status).toBe(0);
    expect(readdirSync(join(directory, "work"))).toEqual([]);
  });

  it.each([
    ["removes its runs", "remove", 0, ""],
    [
      "is told why `~` names no destination",
      "move, args: {dest: ~/archive}",
      1,
      "no home directory of this user is known",
    ],
  ])("a user without a home directory %s", async (_, post, expected, message) => {
    const directory = ensembleOf(1, "true", { more: `      post_run: [{name: ${post}}]\n` });
    // Where the specs run as another user than root, that user has an entry in /etc/passwd, and so a home.
    const home = process.getuid?.() === 0 ? "unset HOME" : "export HOME=";
    const { status, stderr } = await shellUnprivileged(`${home}; $PROGRAM ensemble.yaml dummy -ms 0`, { directory });
    expect(stderr).toContain(message);
    expect(status).toBe(expected);
    expect(existsSync(join(directory, "work/b-0"))).toBe(expected === 1);
  });

  it("remove deletes a link and never its target", async () => {
    const { perform, at, inRun } = rig();
    mkdirSync(at("precious"));
    writeFileSync(at("precious/file"), "data");
    for (const directory of ["link", "link/", inRun("link")]) {
      symlinkSync(at("precious"), inRun("link"));
      expect(await perform(task("remove", { directory }))).toEqual(holds);
      expect(readdirSync(inRun())).toEqual([]);
    }
    symlinkSync(at("precious"), inRun("link"));
    await perform(task("remove"));
    expect(readFileSync(at("precious/file"), "utf8")).toBe("data");
  });

  it("remove refuses a path that leads through a link to another place", async () => {
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
    "remove refuses `%s`",
    async (directory) => {
      const { failure, inRun } = rig({ variables: { empty: "", nothing: null, list: ["a"] } });
      expect(await failure(task("remove", { directory }))).toMatchObject(refused);
      expect(existsSync(inRun())).toBe(true);
    },
  );

  it("remove refuses a directory outside the base directory, unless allow_remove names its parent", async () => {
    const { failure, perform, at } = rig();
    mkdirSync(at("scratch/1"), { recursive: true });
    for (const directory of [at("scratch/1"), at("scratch"), at("base"), at(), dirname(at()), "../../scratch/1"]) {
      expect(await failure(task("remove", { directory }))).toMatchObject(refused);
    }
    expect(await perform(task("remove", { directory: "../b-0/x" }))).toEqual(holds);
    const allowing = rig({ batch: { allow_remove: ["scratch"] } });
    mkdirSync(allowing.at("scratch/1"), { recursive: true });
    expect(await allowing.failure(task("remove", { directory: allowing.at("scratch") }))).toMatchObject(refused);
    expect(await allowing.perform(task("remove", { directory: allowing.at("scratch/1") }))).toEqual(holds);
    expect(readdirSync(allowing.at("scratch"))).toEqual([]);
  });

  it("remove refuses the directory of the configuration, the home, the templates and the working directory", async () => {
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

  it("remove refuses another run's directory and everything in it", async () => {
    const { failure, at, perform } = rig();
    mkdirSync(at("base/b-1/below"));
    for (const directory of [at("base/b-1"), "../b-1", "../b-1/below"]) {
      expect(await failure(task("remove", { directory }))).toMatchObject({
        ...refused,
        message: "it belongs to another run, b-1",
      });
    }
    expect(await perform(task("remove", { directory: "b-1" }), "batch")).toEqual(holds);
    expect(readdirSync(at("base"))).toEqual(["b-0"]);
  });

  it("remove refuses to guess a directory for a task outside a run", async () => {
    const { failure } = rig();
    expect(await failure(task("remove"), "batch")).toMatchObject(refused);
    expect(await failure(task("remove"), "ensemble")).toMatchObject(refused);
  });

  it("a task of the ensemble may remove what any of its batches may", async () => {
    const { failure, perform, at } = rig({ batch: { allow_remove: ["scratch"] } });
    for (const name of ["base/old", "scratch/old", "start/old"]) mkdirSync(at(name), { recursive: true });
    expect(await perform(task("remove", { directory: "../base/old" }), "ensemble")).toEqual(holds);
    expect(await perform(task("remove", { directory: at("scratch/old") }), "ensemble")).toEqual(holds);
    expect(await failure(task("remove", { directory: "old" }), "ensemble")).toMatchObject(refused);
    expect(["base/old", "scratch/old", "start/old"].map((name) => existsSync(at(name)))).toEqual([false, false, true]);
  });

  it("remove refuses a file", async () => {
    const { failure, inRun } = rig();
    writeFileSync(inRun("file"), "");
    expect(await failure(task("remove", { directory: "file" }))).toMatchObject({ message: "it is not a directory" });
  });

  it("remove refuses a mount point", async () => {
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

  it("remove never touches files outside its bounds, for any path", async () => {
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
