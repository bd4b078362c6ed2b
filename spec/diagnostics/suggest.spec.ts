/** Specs of "did you mean": which known word a misspelt one is taken for. */
import { describe, expect, it } from "vitest";
import { didYouMean, nearest } from "../../lib/diagnostics/suggest.js";

const KEYS = ["maxruns", "maxjobs", "templates", "templatedir", "basedir", "runs", "name"];

describe("nearest", () => {
  it.each([
    ["maxrun", "maxruns"],
    ["max_runs", "maxruns"],
    ["Maxjobs", "maxjobs"],
    ["tempaltes", "templates"],
    ["basdir", "basedir"],
    ["nmae", "name"],
    ["run", "runs"],
  ])("the word nearest to %s is %s", (word, meant) => {
    expect(nearest(word, KEYS)).toBe(meant);
  });

  it.each(["cluster", "x", "", "completely_different"])("no known word is near enough to '%s'", (word) => {
    expect(nearest(word, KEYS)).toBeUndefined();
  });

  it("the nearest word wins, and of equally near words the first", () => {
    expect(nearest("abcd", ["abxx", "abcx", "abcy"])).toBe("abcx");
  });

  it("a swap of two neighbouring letters counts as one edit", () => {
    expect(nearest("abc", ["acb"])).toBe("acb");
    expect(nearest("abc", ["cba"])).toBeUndefined();
  });

  it("without known words there is no nearest word", () => {
    expect(nearest("a", [])).toBeUndefined();
  });
});

describe("didYouMean", () => {
  it("didYouMean ends a sentence with the nearest word, or adds nothing", () => {
    expect(didYouMean("maxrun", KEYS)).toBe('; did you mean "maxruns"?');
    expect(didYouMean("zzz", KEYS)).toBe("");
  });
});
