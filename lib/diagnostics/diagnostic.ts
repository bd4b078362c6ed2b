/** What is wrong, or odd, in a configuration or a template, and where: plain data, and how it is shown to a person. */

export type Severity = "error" | "warning" | "note";

export interface Diagnostic {
  readonly severity: Severity;
  /** A stable word for the kind of mistake, for programs: `unknown-key`, `undefined-variable` … */
  readonly code: string;
  /** One sentence: what is wrong, what was expected, and what was probably meant. */
  readonly message: string;
  /** The file, as the user named it. */
  readonly file: string;
  /** Line and column, from 1. Absent where the mistake is in the file as a whole. */
  readonly line?: number;
  readonly column?: number;
  /** The text of that line. */
  readonly excerpt?: string;
  /** Where the documentation says more: a file of it, and the section. */
  readonly see?: string;
}

/** Thrown when a configuration cannot be run. It carries every mistake found, not only the first. */
export class ConfigurationError extends Error {
  constructor(
    readonly configuration: string,
    readonly diagnostics: readonly Diagnostic[],
  ) {
    super(diagnostics.map((diagnostic) => showDiagnostic(diagnostic)).join("\n"));
    this.name = "ConfigurationError";
  }
}

/** Whether it keeps the configuration from being run. */
export const isError = (diagnostic: Diagnostic): boolean => diagnostic.severity === "error";

/** Whether it is for somebody who is about to run it. Notes are for those who ask what there is to know. */
export const isProblem = (diagnostic: Diagnostic): boolean => diagnostic.severity !== "note";

/** In the order in which a reader meets them in the file. */
export const inFileOrder = (a: Diagnostic, b: Diagnostic): number =>
  a.file.localeCompare(b.file) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);

/** `file:line:column: error: message`, the line, and a mark under the place; as compilers print it, so editors can jump. */
export const showDiagnostic = (diagnostic: Diagnostic, paint: Paint = unpainted): string => {
  const { severity, message, file, line, column = 1, excerpt, see } = diagnostic;
  const more = see === undefined ? "" : ` (${see})`;
  const head = `${paint.place([file, line, line && column].filter(Boolean).join(":"))}: ${paint[severity](`${severity}:`)} ${message}${more}`;
  if (line === undefined || excerpt === undefined) return head;
  const number = String(line).padStart(5);
  // A long line is shown around the mark, and tabs stay tabs under it, so that the mark stands where it should.
  const from = column > 100 ? column - 60 : 0;
  const text = excerpt.slice(from, from + 140);
  const blank = excerpt.slice(from, column - 1).replace(/[^\t]/g, " ");
  return `${head}\n${number} | ${text}\n${" ".repeat(number.length)} | ${blank}${paint[severity]("^")}`;
};

/** How the parts of a shown diagnostic are coloured. */
export type Paint = Readonly<Record<Severity | "place", (text: string) => string>>;

const same = (text: string): string => text;
const unpainted: Paint = { error: same, warning: same, note: same, place: same };
