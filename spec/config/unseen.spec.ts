/** Specs of messages about mistakes that users cannot see: odd spaces, and commands that are too long. */
import { describe, expect, it } from "vitest";
import { read } from "./fixtures.js";

const TEXT = [
  "ensemble:",
  "  batches:",
  "    - name: a",
  "      basedir: runs",
  "      templatedir: ../template",
  "      templates: []",
  "      maxruns: 2",
  "      maxjobs: 2",
  "      runs: [{}]",
  "",
].join("\n");

const told = (text: string) => read(text).diagnostics.map(({ line, message }) => `${String(line)}: ${message}`);

describe("characters that look like a space but are none to YAML", () => {
  it.each([
    ["\u00a0", "a no-break space (U+00A0)"],
    ["\u2003", "an unusual space (U+2003)"],
  ])("the indentation %j is one error, which names the character", (space, name) => {
    expect(told(TEXT.replace("      basedir", `     ${space}basedir`))).toEqual([
      `4: this is not valid YAML: the line is indented with ${name}, which YAML does not read as a space; replace it`,
    ]);
  });

  it("a key that starts with a no-break space is named with that character", () => {
    expect(told(TEXT.replace("basedir", "\u00a0basedir"))).toContain(
      "4: the batch `a` has no key `\u00a0basedir`: a no-break space (U+00A0) stands at `basedir`; remove it",
    );
  });

  it("a no-break space behind a colon is named", () => {
    expect(told(TEXT.replace("basedir: ", "basedir:\u00a0")).join()).toContain("a no-break space (U+00A0)");
  });

  it("a no-break space inside a value is no mistake", () => {
    expect(told(TEXT.replace("{}", '{city: "Le\u00a0Havre"}'))).toEqual([]);
  });
});

describe("a command that is longer than the system allows", () => {
  const withCommand = (length: number) =>
    told(`${TEXT}      post_run: [{name: execute, args: {cmd: "${"x".repeat(length)}"}}]\n`);

  it("a command of the greatest length is accepted, and a longer one is an error", () => {
    expect(withCommand(131_071).filter((line) => line.includes("bytes"))).toEqual([]);
    expect(withCommand(131_072)).toEqual([
      "10: `cmd` has 131072 bytes, and the system takes at most 131071; put it into a script",
    ]);
  });
});
