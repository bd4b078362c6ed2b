/** File systems with other abilities than the usual one, mounted for one spec. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** The part of vitest's context that leaves a spec out. */
interface Skipping {
  readonly skip: (note?: string) => never;
}

/** A new directory on which a file system of this type is mounted. Leaves the spec out where that is not possible. */
export const mounted = ({ skip }: Skipping, type: string, ...options: readonly string[]): string => {
  const top = realpathSync(mkdtempSync(join(tmpdir(), "mounted-")));
  const point = join(top, "mount");
  mkdirSync(point);
  onTestFinished(() => rmSync(top, { recursive: true, force: true }));
  try {
    execFileSync("mount", ["-t", type, ...options, type, point], { stdio: "pipe" });
  } catch (error) {
    skip(`this spec mounts ${type}, which is not possible here: ${String(error)}`);
  }
  onTestFinished(() => void execFileSync("umount", ["--lazy", point]));
  return point;
};

/** Gives a file an extended attribute. Leaves the spec out where that is not possible. */
export const giveAttribute = ({ skip }: Skipping, path: string, bytes = 1): void => {
  try {
    const line = `import os, sys; os.setxattr(sys.argv[1], "user.origin", b"x" * ${bytes})`;
    execFileSync("python3", ["-c", line, path], { stdio: "pipe" });
  } catch (error) {
    skip(`this spec sets extended attributes, which is not possible here: ${String(error)}`);
  }
};

/** The names of the extended attributes of a file. */
export const attributesOf = (path: string): readonly string[] =>
  JSON.parse(
    execFileSync("python3", ["-c", "import json, os, sys; print(json.dumps(os.listxattr(sys.argv[1])))", path], {
      encoding: "utf8",
    }),
  ) as string[];
