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
  ])("%s was meant to be %s", (word, meant) => {
    expect(nearest(word, KEYS)).toBe(meant);
  });

  it.each(["cluster", "x", "", "completely_different"])("%s was meant to be none of them", (word) => {
    expect(nearest(word, KEYS)).toBeUndefined();
  });

  it("takes the nearest, and the first of those that are as near", () => {
    expect(nearest("abcd", ["abxx", "abcx", "abcy"])).toBe("abcx");
  });

  it("takes a swap of neighbours for one mistake", () => {
    expect(nearest("abc", ["acb"])).toBe("acb");
    expect(nearest("abc", ["cba"])).toBeUndefined();
  });

  it("knows nothing of no words", () => {
    expect(nearest("a", [])).toBeUndefined();
  });
});

describe("didYouMean", () => {
  it("is the end of a sentence, or nothing", () => {
    expect(didYouMean("maxrun", KEYS)).toBe('; did you mean "maxruns"?');
    expect(didYouMean("zzz", KEYS)).toBe("");
  });
});
