import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { needScratch, openScratch } from "../../../lib/system/files/scratch.js";
import { directoryWith } from "../../support/program.js";

it("the scratch directory is made when it is needed, for its owner only, and removed at the end", () => {
  const scratch = openScratch();
  expect(existsSync(scratch.directory)).toBe(false);
  needScratch(scratch.directory);
  expect(statSync(scratch.directory).mode & 0o777).toBe(0o700);
  writeFileSync(join(scratch.directory, "1.out"), "");
  needScratch(scratch.directory);
  expect(existsSync(join(scratch.directory, "1.out"))).toBe(true);
  scratch.unsubscribe();
  expect(existsSync(scratch.directory)).toBe(false);
});

it("a scratch directory that was removed is made again", () => {
  const scratch = openScratch();
  needScratch(scratch.directory);
  rmSync(scratch.directory, { recursive: true });
  needScratch(scratch.directory);
  expect(existsSync(scratch.directory)).toBe(true);
  scratch.unsubscribe();
});

it("each scratch directory has a name of its own", () => {
  expect(openScratch().directory).not.toBe(openScratch().directory);
});

it("the error tells why the scratch directory cannot be made", () => {
  const path = join(directoryWith({}), "no/where");
  expect(() => needScratch(path)).toThrow(`${path}: there is no such file or directory`);
});
