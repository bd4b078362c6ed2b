/** Specs of the patterns of `move`: the directories that rsync has to enter before it reaches what a pattern names. */
import { expect, it } from "vitest";
import { missingParents, parentsOf } from "../../lib/plan/patterns.js";

it.each([
  ["*.nc", []],
  ["out/", []],
  ["out/*.nc", ["out/"]],
  ["/out/deep/*.nc", ["/out/", "/out/deep/"]],
  ["run*/out/a.nc", ["run*/", "run*/out/"]],
  ["**/a.nc", ["**/"]],
  ["**.nc", ["**/"]],
  ["out/**", ["out/"]],
  ["out/***", []],
  ["a/out/***", ["a/"]],
  ["out/x**.nc", ["out/", "out/x**/"]],
])("rsync reaches %s through %j", (pattern, parents) => {
  expect(parentsOf(pattern)).toEqual(parents);
});

it("a list that includes every directory lacks no parent", () => {
  expect(missingParents(["*/", "out/*.nc"])).toEqual([]);
  expect(missingParents(["out/", "out/*.nc", "in/deep/a"])).toEqual(["in/", "in/deep/"]);
});
