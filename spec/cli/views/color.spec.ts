/** Specs of the decision for or against colour and Unicode. */
import { describe, expect, it } from "vitest";
import { wantsColor, wantsUnicode } from "../../../cli/views/color.js";

const colors = { hasColors: () => true };
const none = { hasColors: () => false };
const pipe = {};

describe("wantsColor", () => {
  it.each([
    ["a terminal with colours gets colour", {}, colors, true],
    ["a terminal without colours gets none", {}, none, false],
    ["a pipe gets no colour", {}, pipe, false],
    ["NO_COLOR turns colour off", { NO_COLOR: "1" }, colors, false],
    ["an empty NO_COLOR has no effect", { NO_COLOR: "" }, colors, true],
    ["TERM=dumb turns colour off", { TERM: "dumb" }, colors, false],
    ["FORCE_COLOR gives a pipe colour", { FORCE_COLOR: "1" }, pipe, true],
    ["an empty FORCE_COLOR gives a pipe colour", { FORCE_COLOR: "" }, pipe, true],
    ["FORCE_COLOR wins over NO_COLOR", { FORCE_COLOR: "1", NO_COLOR: "1" }, pipe, true],
    ["FORCE_COLOR=0 turns colour off", { FORCE_COLOR: "0" }, colors, false],
  ])("%s", (_, env, stream, wanted) => {
    expect(wantsColor(env, stream)).toBe(wanted);
  });
});

describe("wantsUnicode", () => {
  it.each([
    [{ LANG: "en_GB.UTF-8" }, true],
    [{ LANG: "C.utf8" }, true],
    [{ LANG: "C" }, false],
    [{}, false],
    [{ LANG: "en_GB.UTF-8", LC_ALL: "C" }, false],
    [{ LANG: "C", LC_CTYPE: "en_US.UTF-8" }, true],
    [{ LANG: "en_GB.UTF-8", TERM: "linux" }, false],
  ])("in the environment %o, wantsUnicode is %s", (env, wanted) => {
    expect(wantsUnicode(env)).toBe(wanted);
  });
});
