/** The archive after a power cut: `move` counts only once its copies are on the disk. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, type TestContext } from "vitest";
import { rig, task } from "./rig.js";

const sh = (line: string): string => execFileSync("sh", ["-ec", line], { stdio: "pipe", encoding: "utf8" });

/** EXT4_IOC_SHUTDOWN without a flush: nothing that is not on the disk yet gets there. */
const CUT = `import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack("I", 2))`;

/** An ext4 in a file, which writes nothing by itself for minutes. Leaves the spec out where it cannot be mounted. */
const disk = ({ skip }: TestContext) => {
  const top = mkdtempSync(join(tmpdir(), "disk-"));
  const point = join(top, "mount");
  mkdirSync(point);
  onTestFinished(() => rmSync(top, { recursive: true, force: true }));
  const mount = () => sh(`mount -o loop,commit=600 ${top}/image ${point}`);
  try {
    sh(`truncate -s 32M ${top}/image; mkfs.ext4 -q ${top}/image`);
    mount();
  } catch (error) {
    skip(`this spec mounts an ext4 image, which is not possible here: ${String(error)}`);
  }
  onTestFinished(() => void sh(`umount --lazy ${point}`));
  return {
    point,
    /** Cuts the power, and switches it on again. */
    cut: () => {
      execFileSync("python3", ["-c", CUT, point], { stdio: "pipe" });
      sh(`umount ${point}`);
      mount();
    },
  };
};

it("after a power cut right after a move, the archive holds every file whole", async (context) => {
  const { point, cut } = disk(context);
  const { perform, inRun } = rig();
  mkdirSync(inRun("below/deep"), { recursive: true });
  const names = Array.from({ length: 20 }, (_, index) => `below/deep/${index}.nc`);
  for (const name of names) writeFileSync(inRun(name), name.repeat(1000));
  await perform(task("move", { dest: point }));
  writeFileSync(join(point, "not-synced"), "lost");
  cut();
  // The cut was one: what nothing has synced is gone.
  expect(readdirSync(point).filter((name) => name !== "lost+found")).toEqual(["b-0"]);
  for (const name of names) expect(readFileSync(join(point, "b-0", name), "utf8")).toBe(name.repeat(1000));
});

it("move fails if the disk of the destination reports an error while its copies are written", async () => {
  const { failure, at, inRun } = rig();
  writeFileSync(inRun("a.nc"), "a");
  mkdirSync(at("bin"));
  writeFileSync(at("bin/sync"), "#!/bin/sh\necho 'error syncing: Input/output error' >&2; exit 1\n", { mode: 0o755 });
  const path = process.env.PATH ?? "";
  process.env.PATH = `${at("bin")}:${path}`;
  onTestFinished(() => void (process.env.PATH = path));
  expect(await failure(task("move", { dest: at("archive") }))).toMatchObject({
    reason: "command",
    command: `sync -f ${at("archive/b-0")}/`,
    output: "error syncing: Input/output error",
  });
});
