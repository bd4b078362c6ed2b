/** Specs of diagnostics: their text for the terminal, their order, and the error that carries them. */
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
  it("a diagnostic shows its place as compilers do, with the line and a mark below it", () => {
    expect(showDiagnostic(mistake)).toBe(
      ['e.yaml:12:7: error: there is no key "maxrun"', "   12 |       maxrun: 3", "      |       ^"].join("\n"),
    );
  });

  it("a diagnostic without a line shows the file alone", () => {
    const { line: _, column: __, excerpt: ___, ...whole } = mistake;
    expect(showDiagnostic({ ...whole, severity: "warning" })).toBe('e.yaml: warning: there is no key "maxrun"');
  });

  it("a diagnostic without an excerpt shows file, line and column alone", () => {
    const { excerpt: _, ...textless } = mistake;
    expect(showDiagnostic(textless)).toBe('e.yaml:12:7: error: there is no key "maxrun"');
  });

  it("the mark stands below its place in a line with tabs", () => {
    const [, text, mark] = showDiagnostic({ ...mistake, column: 3, excerpt: "\t\tmaxrun: 3" }).split("\n");
    expect([text, mark]).toEqual(["   12 | \t\tmaxrun: 3", "      | \t\t^"]);
  });

  it("a very long line is cut to the part around the mark", () => {
    const excerpt = `${"x".repeat(5000)}HERE${"y".repeat(5000)}`;
    const [, text = "", mark = ""] = showDiagnostic({ ...mistake, column: 5001, excerpt }).split("\n");
    expect(text.length).toBeLessThan(160);
    expect(text.slice(mark.indexOf("^")).startsWith("HERE")).toBe(true);
  });

  it("the parts of a diagnostic are shown in the colours of the given paint", () => {
    const angle = (text: string) => `<${text}>`;
    const paint = { error: angle, warning: angle, note: angle, place: angle };
    expect(showDiagnostic(mistake, paint).split("\n")[0]).toBe('<e.yaml:12:7>: <error:> there is no key "maxrun"');
  });
});

describe("diagnostics", () => {
  it("diagnostics are sorted by file, line and column", () => {
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

  it("only an error keeps a configuration from being run", () => {
    expect((["error", "warning", "note"] as const).map((severity) => isError({ ...mistake, severity }))).toEqual([
      ...[true, false, false],
    ]);
  });

  it("a ConfigurationError carries all diagnostics, and shows them in its message", () => {
    const error = new ConfigurationError("e.yaml", [mistake, { ...mistake, line: 20, severity: "warning" }]);
    expect(error.message.match(/e\.yaml:\d+/g)).toEqual(["e.yaml:12", "e.yaml:20"]);
    expect([error.name, error.configuration, error.diagnostics.length]).toEqual(["ConfigurationError", "e.yaml", 2]);
  });
});
