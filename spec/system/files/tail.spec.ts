import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tailIfAny, tailOf } from "../../../lib/system/files/tail.js";
import { directoryWith } from "../../support/program.js";

const tail = (text: string | Uint8Array): string => {
  const path = join(directoryWith({}), "out");
  writeFileSync(path, text);
  return tailOf(path);
};

describe("tailOf", () => {
  it("a short output is shown whole", () => {
    expect(tail("one\n\ttwo é 👋\n\n")).toBe("one\n\ttwo é 👋");
    expect(tail("")).toBe("");
    const nothing = join(directoryWith({}), "nothing");
    expect(tailIfAny(nothing)).toBe("");
    expect(() => tailOf(nothing)).toThrow("ENOENT");
  });

  it("a long output is shown as its last 20 lines, none of them cut", () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index}`);
    expect(tail(`${lines.join("\n")}\n`)).toBe(lines.slice(-20).join("\n"));
    const long = Array.from({ length: 30 }, (_, index) => `${index} ${"x".repeat(1000)}`);
    expect(tail(`${long.join("\n")}\n`)).toBe(long.slice(-4).join("\n"));
  });

  it("the tail does not start in the middle of a character", () => {
    expect(tail("€".repeat(10_000))).toBe("€".repeat(1365));
  });

  it("the tail contains no control sequences for a terminal", () => {
    expect(tail("\u001b[31mred\u001b[0m \u001b]0;title\u0007bell\u0007\u0000 \u009b2J \u202etxt\n")).toBe(
      "red bell 2J txt",
    );
  });

  it("a progress bar is shown in its last state", () => {
    expect(tail("10 %\r50 %\r100 %\r\ndone\r\n")).toBe("100 %\ndone");
  });

  it("the tail of any bytes is text of at most 4 kB", () => {
    const path = join(directoryWith({}), "out");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6000 }), (bytes) => {
        writeFileSync(path, bytes);
        const text = tailOf(path);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096);
        expect(text.split("\n").length).toBeLessThanOrEqual(20);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters must not occur
        expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffd]/);
      }),
      { numRuns: 200 },
    );
  });
});
