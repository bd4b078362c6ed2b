/** What a run directory has besides the content of its files: holes, groups, and the bit setgid. */
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mounted } from "../../support/mounts.js";
import { placeOf, rig, templatesWith } from "../rig.js";

const occupied = (path: string): number => statSync(path).blocks * 512;

/** A group of this process other than its own; root may give any. */
const otherGroup = (): number | undefined =>
  process.getuid?.() === 0 ? 47_111 : process.getgroups?.().find((group) => group !== process.getgid?.());

describe("a run directory", () => {
  it("a run directory keeps the holes of sparse files, and every byte between them", async () => {
    const { at, runs, put, batch } = rig();
    put("grid.nc", "start", 0o640);
    const file = await open(at("grid.nc"), "r+");
    for (const place of [4095, 4096 * 3, 1024 * 1024 - 1, 5e6, 20e6]) await file.write(`<${place}>`, place);
    await file.close();
    truncateSync(at("grid.nc"), 64e6 + 1);
    utimesSync(at("grid.nc"), 1e9, 1e9);
    await templatesWith().prepare(placeOf(batch()));
    expect(occupied(runs("tst-0/grid.nc"))).toBeLessThan(200_000);
    expect(readFileSync(runs("tst-0/grid.nc")).equals(readFileSync(at("grid.nc")))).toBe(true);
    expect(lstatSync(runs("tst-0/grid.nc"))).toMatchObject({
      mtimeMs: 1e12,
      mode: lstatSync(at("grid.nc")).mode,
    });
  });

  it("a run directory keeps holes on a file system of another kind", async (context) => {
    const { at, put, batch } = rig();
    const basedir = mounted(context, "tmpfs");
    put("grid.nc", "start");
    truncateSync(at("grid.nc"), 32e6);
    const directory = join(basedir, "tst-0");
    const one = batch({ basedir });
    const place = placeOf(one);
    await templatesWith().prepare({ ...place, run: { ...place.run, directory }, directory });
    expect(occupied(join(directory, "grid.nc"))).toBeLessThan(100_000);
    expect(statSync(join(directory, "grid.nc")).size).toBe(32e6);
  });

  it("everything in a run directory gets the group of a basedir with setgid, and so does what a job makes there", async (context) => {
    const group = otherGroup();
    if (group === undefined) return context.skip("this user has one group only");
    const { runs, put, batch } = rig();
    put("job.sh.liquid", "x", 0o755);
    put("deep/er/data", "x");
    chownSync(runs(), -1, group);
    chmodSync(runs(), 0o2775);
    await templatesWith().prepare(placeOf(batch({ templates: ["job.sh.liquid"] })));
    mkdirSync(runs("tst-0/deep/made"));
    writeFileSync(runs("tst-0/deep/made/by-a-job"), "");
    const names = ["", "job.sh", "deep", "deep/er", "deep/er/data", "deep/made", "deep/made/by-a-job"];
    expect(names.map((name) => lstatSync(runs("tst-0", name)).gid)).toEqual(names.map(() => group));
    const directories = ["", "deep", "deep/er"].map((name) => lstatSync(runs("tst-0", name)).mode & 0o7777);
    expect(directories.map((mode) => mode & 0o2000)).toEqual([0o2000, 0o2000, 0o2000]);
    return undefined;
  });

  it("copies keep the group of the template directory, as in the Python tool", async (context) => {
    const group = otherGroup();
    if (group === undefined) return context.skip("this user has one group only");
    const { at, runs, put, batch } = rig();
    put("deep/tool", "x", 0o755);
    for (const name of ["", "deep", "deep/tool"]) chownSync(at(name), -1, group);
    chmodSync(at("deep/tool"), 0o2755);
    await templatesWith().prepare(placeOf(batch()));
    const copies = ["", "deep", "deep/tool"].map((name) => lstatSync(runs("tst-0", name)));
    expect(copies.map(({ gid }) => gid)).toEqual([group, group, group]);
    expect((copies[2]?.mode ?? 0) & 0o7777).toBe(0o2755);
    return undefined;
  });
});

describe("bytes that are no UTF-8", () => {
  const latin = (text: string) => Buffer.from(text, "latin1");

  it("a symbolic link whose target is no UTF-8 is copied with the same bytes", async () => {
    const { at, runs, put, batch } = rig();
    put("data", "x");
    symlinkSync(latin("/daten/\xfcbersicht"), at("link"));
    await templatesWith().prepare(placeOf(batch()));
    expect(readlinkSync(runs("tst-0/link"), { encoding: "buffer" })).toEqual(latin("/daten/\xfcbersicht"));
  });

  it("a file whose name is no UTF-8 is an error, also beside a file whose name looks the same as text", async () => {
    const { at, put, batch } = rig();
    put("\uFFFD", "x");
    writeFileSync(Buffer.concat([Buffer.from(`${at()}/`), latin("\xfc")]), "");
    await expect(templatesWith().prepare(placeOf(batch()))).rejects.toThrow("the name of \uFFFD is not UTF-8");
  });
});
