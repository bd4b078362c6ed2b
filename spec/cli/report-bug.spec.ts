import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseArguments } from "../../cli/arguments/parse.js";
import { reportBug } from "../../cli/report-bug.js";

describe("the report of a bug", () => {
  const home = process.cwd();
  let printed = "";

  beforeEach(() => {
    process.chdir(mkdtempSync(join(tmpdir(), "bug-")));
    printed = "";
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      printed += String(text);
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

  it("the report of a bug is one sentence on stderr, and the details are in the log", () => {
    report("somewhere/c.yaml", "dummy");
    expect(printed).toContain("this is a bug in model_ensemble");
    expect(printed).toContain("TypeError: no such thing");
    expect(printed).toContain("logs/c.yaml.log");
    expect(printed).not.toContain("bug.spec.ts");
    expect(readFileSync("logs/c.yaml.log", "utf8")).toContain("bug.spec.ts");
  });

  it("the report of a bug includes the details if -v is given, or if no file can hold them", () => {
    report("c.yaml", "-v");
    expect(printed).toContain("bug.spec.ts");
    printed = "";
    rmSync("logs", { recursive: true });
    writeFileSync("logs", "");
    report("validate", "c.yaml");
    expect(printed).toContain("bug.spec.ts");
  });
});
