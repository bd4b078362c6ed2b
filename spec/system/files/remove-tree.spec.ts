/** Specs of the removal of directories. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { removeTree } from "../../../lib/system/files/remove-tree.js";
import { directoryWith } from "../../support/program.js";

const setImmutable = (path: string, on: boolean) =>
  execFileSync("chattr", [on ? "+i" : "-i", path], { stdio: "ignore" });

it("a file that may not be deleted is named, with the cause", async (context) => {
  const directory = directoryWith({});
  const file = join(directory, "run/below/file");
  mkdirSync(join(directory, "run/below"), { recursive: true });
  writeFileSync(file, "");
  try {
    setImmutable(file, true);
  } catch {
    // Only root may, and not on every file system.
    return context.skip();
  }
  onTestFinished(() => void setImmutable(file, false));
  await expect(removeTree(join(directory, "run"))).rejects.toMatchObject({ code: "EPERM", path: file });
});
