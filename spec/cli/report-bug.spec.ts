import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseArguments } from "../../cli/arguments/parse.js";
import { reportBug } from "../../cli/report-bug.js";

describe("a mistake of ours", () => {
  const home = process.cwd();
  let told = "";

  beforeEach(() => {
    process.chdir(mkdtempSync(join(tmpdir(), "bug-")));
    told = "";
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      told += String(text);
      return true;
    });
  });

  afterEach(() => {
    vi.restoreAllMocks();
    const directory = process.cwd();
    process.chdir(home);
    rmSync(directory, { recursive: true });
  });

  const report = (...words: readonly string[]) => reportBug(new TypeError("no such thing"), parseArguments(words));

  it("is told in a sentence, with its details in the log", () => {
    report("somewhere/c.yaml", "dummy");
    expect(told).toContain("mistake in model_ensemble itself");
    expect(told).toContain("TypeError: no such thing");
    expect(told).toContain("logs/c.yaml.log");
    expect(told).not.toContain("bug.spec.ts");
    expect(readFileSync("logs/c.yaml.log", "utf8")).toContain("bug.spec.ts");
  });

  it("is told with all its details when asked for, or when they can be kept nowhere", () => {
    report("c.yaml", "-v");
    expect(told).toContain("bug.spec.ts");
    told = "";
    rmSync("logs", { recursive: true });
    writeFileSync("logs", "");
    report("validate", "c.yaml");
    expect(told).toContain("bug.spec.ts");
  });
});
