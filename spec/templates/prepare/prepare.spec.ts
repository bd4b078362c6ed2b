/** Run directories: copies of the template directory with links, modes and times, either complete or absent. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { failureOf, placeOf, type Rig, rig, templatesWith } from "../rig.js";

/** Simulates a full file system: writes to files of this name fail. */
const full = vi.hoisted(() => ({ name: undefined as string | undefined, code: "ENOSPC" }));

const refused = (path: unknown): Error | undefined =>
  full.name !== undefined && String(path).endsWith(full.name)
    ? Object.assign(new Error("no space"), { code: full.code })
    : undefined;

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  return {
    ...real,
    writeFile: (path: string, text: string, options: object, done: (error: Error | null) => void) => {
      const error = refused(path);
      if (error === undefined) real.writeFile(path, text, options, done);
      else done(error);
    },
  };
});

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  return {
    ...real,
    copyFile: async (...parts: Parameters<typeof real.copyFile>) => {
      const error = refused(parts[1]);
      if (error !== undefined) throw error;
      return real.copyFile(...parts);
    },
  };
});

const modeOf = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8);

/** A fingerprint of everything below a directory: names, kinds, modes, times, texts and targets of links. */
const fingerprint = (directory: string): string => {
  const hash = createHash("sha256");
  for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(directory, name);
    const { mode, mtimeMs } = lstatSync(path);
    hash.update([name, mode, mtimeMs].join("\0"));
    if (lstatSync(path).isSymbolicLink()) hash.update(readlinkSync(path));
    else if (lstatSync(path).isFile()) hash.update(readFileSync(path));
  }
  return hash.digest("hex");
};

const outside = ({ root }: Rig): string => {
  const directory = join(root, "outside");
  mkdirSync(directory);
  writeFileSync(join(directory, "data.nc"), "a large input");
  return directory;
};

describe("a run directory", () => {
  it("a run directory is a copy with links, modes and times, and rendered files in place of templates", async () => {
    const { at, runs, put, batch, root } = rig();
    outside({ root } as Rig);
    put("job.sh.liquid", "echo {{ run.x }}\n", 0o750);
    put("in place", "{{ run.x }}");
    put("data/deep/input.dat", "input", 0o440);
    put("a\nb'c", "odd name");
    symlinkSync("../../outside/data.nc", at("data/large.nc"));
    symlinkSync("nowhere", at("dangling"));
    utimesSync(at("data/deep/input.dat"), 1_000_000_000.25, 1_000_000_001.75);
    chmodSync(at("data/deep"), 0o2755);
    utimesSync(at("data/deep"), 1_000_000_002, 1_000_000_003);
    chmodSync(at(), 0o770);
    const batches = batch({ templates: ["job.sh.liquid", "in place"] }, [{ x: 1 }]);
    await templatesWith().prepare(placeOf(batches));
    const run = (...path: readonly string[]) => runs("tst-0", ...path);
    expect(readdirSync(run()).sort()).toEqual(["a\nb'c", "dangling", "data", "in place", "job.sh"]);
    expect(readFileSync(run("job.sh"), "utf8")).toBe("echo 1\n");
    expect(readFileSync(run("in place"), "utf8")).toBe("1");
    expect([
      modeOf(run("job.sh")),
      modeOf(run("data/deep/input.dat")),
      modeOf(run("data/deep")),
      modeOf(run()),
    ]).toEqual(["750", "640", "2755", "770"]);
    expect(readlinkSync(run("data/large.nc"))).toBe("../../outside/data.nc");
    expect(readlinkSync(run("dangling"))).toBe("nowhere");
    expect(lstatSync(run("data/deep/input.dat")).mtimeMs).toBe(1_000_000_001_750);
    expect(lstatSync(run("data/deep")).mtimeMs).toBe(1_000_000_003_000);
    expect(readdirSync(runs())).toEqual(["tst-0"]);
  });

  it("a template behind a link to a directory of the template directory is rendered in that directory", async () => {
    const { at, runs, put, batch } = rig();
    put("real/deep/x.txt.liquid", "{{ run.x }}");
    symlinkSync("real", at("first"));
    symlinkSync("./first/deep", at("second"));
    const one = batch({ templates: ["second/x.txt.liquid"] }, [{ x: 1 }]);
    const templates = templatesWith({ pickup: true });
    for (const time of [1, 2]) {
      await templates.prepare(placeOf(one));
      expect(readdirSync(runs("tst-0", "real/deep")), `time ${time}`).toEqual(["x.txt"]);
      expect(readFileSync(runs("tst-0", "second/x.txt"), "utf8")).toBe("1");
    }
    expect(readFileSync(at("real/deep/x.txt.liquid"), "utf8")).toBe("{{ run.x }}");
  });

  it("a template behind a link out of the template directory fails its run, and nothing is written behind the link", async () => {
    const { at, runs, put, batch, root } = rig();
    mkdirSync(join(root, "shared"));
    writeFileSync(join(root, "shared/x.txt.liquid"), "{{ run.x }}");
    symlinkSync(join(root, "shared"), at("shared"));
    put("y", "");
    const one = batch({ templates: ["shared/x.txt.liquid"] }, [{ x: 1 }]);
    await expect(templatesWith().prepare(placeOf(one))).rejects.toMatchObject({
      failure: { reason: "template", message: expect.stringContaining("behind the symbolic link shared") as string },
    });
    expect(readdirSync(join(root, "shared"))).toEqual(["x.txt.liquid"]);
    expect(readdirSync(runs())).toEqual([]);
  });

  it("copied and rendered files keep their modes under any umask", async () => {
    const { runs, put, batch } = rig();
    put("job.sh.liquid", "x", 0o777);
    put("static", "x", 0o666);
    const umask = process.umask(0o077);
    onTestFinished(() => void process.umask(umask));
    await templatesWith().prepare(placeOf(batch({ templates: ["job.sh.liquid"] })));
    expect([modeOf(runs("tst-0/job.sh")), modeOf(runs("tst-0/static"))]).toEqual(["777", "666"]);
  });

  it("a run may write to its copies, even if the template directory is read-only", async () => {
    const { at, runs, put, batch } = rig();
    put("sub/x", "x", 0o440);
    put("job.sh.liquid", "x", 0o555);
    chmodSync(at("sub"), 0o555);
    chmodSync(at(), 0o555);
    await templatesWith().prepare(placeOf(batch({ templates: ["job.sh.liquid"] })));
    const made = ["", "sub", "sub/x", "job.sh"].map((name) => modeOf(runs("tst-0", name)));
    expect(made).toEqual(["755", "755", "640", "755"]);
  });

  it("a template that is a link is read through the link, and the target stays unchanged", async () => {
    const { at, runs, put, batch, root } = rig();
    const shared = join(outside({ root } as Rig), "shared.liquid");
    writeFileSync(shared, "echo {{ run.x }}\n", { mode: 0o755 });
    put("static", "x");
    symlinkSync(shared, at("job.sh.liquid"));
    const templates = templatesWith();
    const batches = batch({ templates: ["job.sh.liquid"] }, [{ x: 1 }, { x: 2 }]);
    await templates.prepare(placeOf(batches));
    expect(readFileSync(shared, "utf8")).toBe("echo {{ run.x }}\n");
    expect(readdirSync(runs("tst-0")).sort()).toEqual(["job.sh", "static"]);
    expect(lstatSync(runs("tst-0/job.sh")).isFile()).toBe(true);
    expect([readFileSync(runs("tst-0/job.sh"), "utf8"), modeOf(runs("tst-0/job.sh"))]).toEqual(["echo 1\n", "755"]);
    writeFileSync(shared, "echo changed {{ run.x }}\n");
    await templates.prepare(placeOf(batches, 1));
    expect(readFileSync(runs("tst-1/job.sh"), "utf8")).toBe("echo changed 2\n");
  });

  it("a changed template takes effect in the next run", async () => {
    const { runs, put, batch } = rig();
    const templates = templatesWith();
    put("a.liquid", "{% render 'part' %}");
    put("part.liquid", "one");
    const two = batch({ templates: ["a.liquid"] }, [{}, {}]);
    await templates.prepare(placeOf(two, 0));
    put("part.liquid", "two");
    await templates.prepare(placeOf(two, 1));
    expect([readFileSync(runs("tst-0/a"), "utf8"), readFileSync(runs("tst-1/a"), "utf8")]).toEqual(["one", "two"]);
  });

  it("an existing run directory is an error and stays unchanged", async () => {
    const { runs, put, batch } = rig();
    put("a", "new");
    mkdirSync(runs("tst-0"));
    writeFileSync(runs("tst-0/a"), "old");
    expect(await failureOf(templatesWith().prepare(placeOf(batch())))).toMatchObject({
      reason: "directory",
      directory: runs("tst-0"),
      message: expect.stringMatching(/exists already; -p/) as string,
    });
    expect(readFileSync(runs("tst-0/a"), "utf8")).toBe("old");
  });

  it("only one of several concurrent programs makes a run directory", async () => {
    const { runs, put, batch } = rig();
    for (let file = 0; file < 50; file++) put(`file${file}`, "x");
    const one = batch();
    const ends = await Promise.allSettled([0, 1, 2, 3].map(() => templatesWith().prepare(placeOf(one))));
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const messages = ends.flatMap((end) => (end.status === "rejected" ? [String(end.reason)] : []));
    for (const message of messages) expect(message).toMatch(/tst-0: the directory exists already; -p/);
    expect(readdirSync(runs())).toEqual(["tst-0"]);
    expect(readdirSync(runs("tst-0"))).toHaveLength(50);
  });

  it("a run directory may have a name as long as the file system allows", async () => {
    const { runs, put, batch } = rig();
    put("a", "x");
    const id = "é".repeat(127);
    const one = batch({ runs: [{ id, index: 0, directory: runs(id), own: {} }] });
    await templatesWith().prepare(placeOf(one));
    expect(readdirSync(runs())).toEqual([id]);
  });

  it("a pipe in the template directory is an error, and nothing is left behind", async () => {
    const { at, runs, put, batch } = rig();
    put("a", "x");
    execFileSync("mkfifo", [at("pipe")]);
    expect(await failureOf(templatesWith().prepare(placeOf(batch())))).toEqual({
      reason: "directory",
      directory: at("pipe"),
      message: "a socket, a pipe or a device cannot be copied",
    });
    expect(readdirSync(runs())).toEqual([]);
  });

  it("a missing template directory is an error", async () => {
    const { at, batch } = rig();
    const one = batch({ templatedir: at("gone") });
    expect(await failureOf(templatesWith().prepare(placeOf(one)))).toMatchObject({ directory: at("gone") });
  });
});

describe("a disk that is full or fails", () => {
  const filled = (name: string, code = "ENOSPC") => {
    Object.assign(full, { name, code });
    onTestFinished(() => void Object.assign(full, { name: undefined }));
  };

  it.each(["ENOSPC", "EDQUOT", "EIO", "EROFS"])("a write that fails with %s is a storage failure", async (code) => {
    const { runs, put, batch } = rig();
    put("a.liquid", "x");
    filled("/a", code);
    expect(await failureOf(templatesWith().prepare(placeOf(batch({ templates: ["a.liquid"] }))))).toMatchObject({
      reason: "storage",
      path: runs("tst-0/a"),
      code,
    });
  });

  it("the failure on a file system that refuses modes names the copy, not the template directory", async () => {
    const { runs, put, batch } = rig();
    put("input", "x");
    filled("/input", "EPERM");
    expect(await failureOf(templatesWith().prepare(placeOf(batch())))).toMatchObject({
      reason: "directory",
      directory: runs("tst-0/input"),
    });
  });

  it.each(["/a", "/large"])("a disk full at %s leaves nothing in the way of the next attempt", async (name) => {
    const { runs, put, batch } = rig();
    put("a.liquid", "x");
    put("sub/large", "y".repeat(100_000));
    const templates = templatesWith();
    const place = placeOf(batch({ templates: ["a.liquid"] }));
    filled(name);
    expect(await failureOf(templates.prepare(place))).toMatchObject({ reason: "storage" });
    expect(readdirSync(runs())).toEqual([]);
    full.name = undefined;
    await templates.prepare(place);
    expect(readdirSync(runs("tst-0")).sort()).toEqual(["a", "sub"]);
  });
});

describe("a run directory that is kept", () => {
  const settings = { pickup: true };

  it.each([
    ["with -p", settings, 1],
    ["in the second cycle of a repeated batch", {}, 2],
  ])(
    "a kept run directory gets its templates rendered again, and nothing else changes: %s",
    async (_, changes, cycle) => {
      const { runs, put, batch } = rig();
      put("sub/a.sh.liquid", "{{ run.batch_idx }}", 0o755);
      put("static", "new");
      mkdirSync(runs("tst-0"));
      writeFileSync(runs("tst-0/static"), "old");
      writeFileSync(runs("tst-0/result"), "result");
      mkdirSync(runs("tst-0/sub"));
      writeFileSync(runs("tst-0/sub/a.sh.liquid"), "left by an earlier attempt");
      await templatesWith(changes).prepare(placeOf(batch({ templates: ["sub/a.sh.liquid"] }), 0, cycle));
      expect(readFileSync(runs("tst-0/sub/a.sh"), "utf8")).toBe(String(cycle));
      expect(modeOf(runs("tst-0/sub/a.sh"))).toBe("755");
      expect(readFileSync(runs("tst-0/static"), "utf8")).toBe("old");
      expect(readdirSync(runs("tst-0")).sort()).toEqual(["result", "static", "sub"]);
      expect(readdirSync(runs("tst-0/sub"))).toEqual(["a.sh"]);
    },
  );

  it("a missing run directory is made even with -p", async () => {
    const { runs, put, batch } = rig();
    put("static", "new");
    await templatesWith(settings).prepare(placeOf(batch()));
    expect(existsSync(runs("tst-0/static"))).toBe(true);
  });

  it("rendering replaces links in a kept run directory, and refuses links among its parents", async () => {
    const here = rig();
    const { runs, put, batch } = here;
    const elsewhere = outside(here);
    const before = fingerprint(elsewhere);
    put("a.liquid", "new");
    put("sub/b.liquid", "new");
    mkdirSync(runs("tst-0"));
    symlinkSync(join(elsewhere, "data.nc"), runs("tst-0/a"));
    const templates = templatesWith(settings);
    await templates.prepare(placeOf(batch({ templates: ["a.liquid"] })));
    expect(lstatSync(runs("tst-0/a")).isFile()).toBe(true);
    symlinkSync(elsewhere, runs("tst-0/sub"));
    expect(await failureOf(templates.prepare(placeOf(batch({ templates: ["sub/b.liquid"] }))))).toMatchObject({
      reason: "directory",
      directory: runs("tst-0/sub"),
    });
    expect(fingerprint(elsewhere)).toBe(before);
  });

  it("a link or a file in place of a run directory is an error", async () => {
    const here = rig();
    const { runs, put, batch } = here;
    const elsewhere = outside(here);
    const before = fingerprint(elsewhere);
    put("a.liquid", "new");
    symlinkSync(elsewhere, runs("tst-0"));
    writeFileSync(runs("tst-1"), "");
    const both = batch({ templates: ["a.liquid"] }, [{}, {}]);
    for (const index of [0, 1]) {
      expect(await failureOf(templatesWith(settings).prepare(placeOf(both, index)))).toMatchObject({
        reason: "directory",
        directory: runs(`tst-${index}`),
      });
    }
    expect(fingerprint(elsewhere)).toBe(before);
  });
});

describe("files outside the run directory", () => {
  it("rendering changes neither the targets of links nor the template directory", async () => {
    const here = rig();
    const { at, runs, put, batch } = here;
    const elsewhere = outside(here);
    put("job.sh.liquid", "{{ run.x }}");
    put("sub/x", "x");
    // The template directory has a link that leads outside, with the name of the rendered file.
    symlinkSync(join(elsewhere, "data.nc"), at("job.sh"));
    symlinkSync(elsewhere, at("linked"));
    const before = [fingerprint(elsewhere), fingerprint(at())];
    const templates = templatesWith();
    await templates.prepare(placeOf(batch({ templates: ["job.sh.liquid"] }, [{ x: 1 }])));
    expect(lstatSync(runs("tst-0/job.sh")).isFile()).toBe(true);
    expect([fingerprint(elsewhere), fingerprint(at())]).toEqual(before);
  });

  it.each(["linked/data.nc", "../outside/data.nc"])(
    "a template name that leads outside is an error: %s",
    async (name) => {
      const here = rig();
      const { at, runs, put, batch } = here;
      const elsewhere = outside(here);
      put("x", "x");
      symlinkSync(elsewhere, at("linked"));
      const failure = await failureOf(templatesWith().prepare(placeOf(batch({ templates: [name] }))));
      expect(failure).toMatchObject({ reason: "template", file: join(at(), name) });
      expect(readdirSync(runs())).toEqual([]);
    },
  );
});

describe("a template that cannot be rendered", () => {
  it("an undefined variable fails the run, with its place and a suggestion", async () => {
    const { at, runs, put, batch } = rig();
    put("a.liquid", "x\n{{ run.lenght }}");
    const one = batch({ templates: ["a.liquid"] }, [{ length: 1 }]);
    expect(await failureOf(templatesWith().prepare(placeOf(one)))).toEqual({
      reason: "template",
      file: at("a.liquid"),
      line: 2,
      column: 4,
      message: 'run.lenght is not defined; did you mean "run.length"?',
    });
    expect(readdirSync(runs())).toEqual([]);
  });
});

it("a preview returns the rendered templates and writes nothing", async () => {
  const { runs, put, batch } = rig();
  put("b/a.sh.liquid", "{{ run.x }} {{ run.id }} {{ run.batch_idx }}");
  const one = batch({ templates: ["b/a.sh.liquid"] }, [{ x: 1 }]);
  expect(await templatesWith().preview(one, one.runs[0]!)).toEqual([{ file: "b/a.sh", text: "1 tst-0 1" }]);
  expect(readdirSync(runs())).toEqual([]);
});
