/** When a stream gets colour. */
import { describe, expect, it } from "vitest";
import { wantsColor, wantsUnicode } from "../../../cli/views/color.js";

const colors = { hasColors: () => true };
const none = { hasColors: () => false };
const pipe = {};

describe("wantsColor", () => {
  it.each([
    ["a terminal that has colours", {}, colors, true],
    ["a terminal that has none", {}, none, false],
    ["a pipe", {}, pipe, false],
    ["NO_COLOR", { NO_COLOR: "1" }, colors, false],
    ["an empty NO_COLOR, which means nothing", { NO_COLOR: "" }, colors, true],
    ["TERM=dumb", { TERM: "dumb" }, colors, false],
    ["FORCE_COLOR into a pipe", { FORCE_COLOR: "1" }, pipe, true],
    ["an empty FORCE_COLOR", { FORCE_COLOR: "" }, pipe, true],
    ["FORCE_COLOR against NO_COLOR", { FORCE_COLOR: "1", NO_COLOR: "1" }, pipe, true],
    ["FORCE_COLOR=0", { FORCE_COLOR: "0" }, colors, false],
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
  ])("%o: %s", (env, wanted) => {
    expect(wantsUnicode(env)).toBe(wanted);
  });
});
