import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { needScratch, openScratch } from "../../../lib/system/files/scratch.js";
import { directoryWith } from "../../support/program.js";

it("is made when it is needed, for its owner alone, and gone in the end", () => {
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

it("is made again where somebody has cleared it away", () => {
  const scratch = openScratch();
  needScratch(scratch.directory);
  rmSync(scratch.directory, { recursive: true });
  needScratch(scratch.directory);
  expect(existsSync(scratch.directory)).toBe(true);
  scratch.unsubscribe();
});

it("is another one each time", () => {
  expect(openScratch().directory).not.toBe(openScratch().directory);
});

it("says why it cannot be made", () => {
  const path = join(directoryWith({}), "no/where");
  expect(() => needScratch(path)).toThrow(`${path}: there is no such file or directory`);
});
