import { describe, expect, it } from "vitest";
import {
  ConfigurationError,
  type Diagnostic,
  inFileOrder,
  isError,
  showDiagnostic,
} from "../../lib/diagnostics/diagnostic.js";

const mistake: Diagnostic = {
  severity: "error",
  code: "unknown-key",
  message: 'there is no key "maxrun"',
  file: "e.yaml",
  line: 12,
  column: 7,
  excerpt: "      maxrun: 3",
};

describe("showDiagnostic", () => {
  it("says where as compilers do, with the line and a mark under the place", () => {
    expect(showDiagnostic(mistake)).toBe(
      ['e.yaml:12:7: error: there is no key "maxrun"', "   12 |       maxrun: 3", "      |       ^"].join("\n"),
    );
  });

  it("names the file alone where there is no line", () => {
    const { line: _, column: __, excerpt: ___, ...whole } = mistake;
    expect(showDiagnostic({ ...whole, severity: "warning" })).toBe('e.yaml: warning: there is no key "maxrun"');
  });

  it("names file and line alone where there is no text to show", () => {
    const { excerpt: _, ...textless } = mistake;
    expect(showDiagnostic(textless)).toBe('e.yaml:12:7: error: there is no key "maxrun"');
  });

  it("sets the mark under its place behind tabs", () => {
    const [, text, mark] = showDiagnostic({ ...mistake, column: 3, excerpt: "\t\tmaxrun: 3" }).split("\n");
    expect([text, mark]).toEqual(["   12 | \t\tmaxrun: 3", "      | \t\t^"]);
  });

  it("shows a very long line around the mark", () => {
    const excerpt = `${"x".repeat(5000)}HERE${"y".repeat(5000)}`;
    const [, text = "", mark = ""] = showDiagnostic({ ...mistake, column: 5001, excerpt }).split("\n");
    expect(text.length).toBeLessThan(160);
    expect(text.slice(mark.indexOf("^")).startsWith("HERE")).toBe(true);
  });

  it("colours what it is told to", () => {
    const angle = (text: string) => `<${text}>`;
    const paint = { error: angle, warning: angle, note: angle, place: angle };
    expect(showDiagnostic(mistake, paint).split("\n")[0]).toBe('<e.yaml:12:7>: <error:> there is no key "maxrun"');
  });
});

describe("diagnostics", () => {
  it("are put in the order in which a reader meets them", () => {
    const at = (file: string, line?: number, column?: number): Diagnostic => ({
      severity: "note",
      code: "c",
      message: "m",
      file,
      ...(line !== undefined && { line }),
      ...(column !== undefined && { column }),
    });
    const sorted = [at("b", 1, 1), at("a", 10, 1), at("a", 2, 9), at("a", 2, 3), at("a")].sort(inFileOrder);
    expect(sorted).toEqual([at("a"), at("a", 2, 3), at("a", 2, 9), at("a", 10, 1), at("b", 1, 1)]);
  });

  it("that are errors keep a configuration from being run", () => {
    expect((["error", "warning", "note"] as const).map((severity) => isError({ ...mistake, severity }))).toEqual([
      ...[true, false, false],
    ]);
  });

  it("are all in the error that is thrown for a configuration", () => {
    const error = new ConfigurationError("e.yaml", [mistake, { ...mistake, line: 20, severity: "warning" }]);
    expect(error.message.match(/e\.yaml:\d+/g)).toEqual(["e.yaml:12", "e.yaml:20"]);
    expect([error.name, error.configuration, error.diagnostics.length]).toEqual(["ConfigurationError", "e.yaml", 2]);
  });
});
