/** A diagnostic: a mistake or an oddity in a configuration or a template, its place, and its text for the terminal. */

export type Severity = "error" | "warning" | "note";

export interface Diagnostic {
  readonly severity: Severity;
  /** A stable code for programs: `unknown-key`, `undefined-variable` … */
  readonly code: string;
  /** One sentence: what is wrong, what was expected, and what the user probably meant. */
  readonly message: string;
  /** The file, as the user named it. */
  readonly file: string;
  /** Line and column, from 1. Absent where the mistake is in the file as a whole. */
  readonly line?: number;
  readonly column?: number;
  /** The text of that line. */
  readonly excerpt?: string;
  /** The page and section of the documentation that say more. */
  readonly see?: string;
}

/** Thrown when a configuration cannot be run. It carries all diagnostics, not only the first. */
export class ConfigurationError extends Error {
  constructor(
    readonly configuration: string,
    readonly diagnostics: readonly Diagnostic[],
  ) {
    super(diagnostics.map((diagnostic) => showDiagnostic(diagnostic)).join("\n"));
    this.name = "ConfigurationError";
  }
}

/** Whether the diagnostic keeps the configuration from being run. */
export const isError = (diagnostic: Diagnostic): boolean => diagnostic.severity === "error";

/** Whether the diagnostic is shown before a run. Notes are shown by `validate` only. */
export const isProblem = (diagnostic: Diagnostic): boolean => diagnostic.severity !== "note";

/** Compares diagnostics by file, line and column. */
export const inFileOrder = (a: Diagnostic, b: Diagnostic): number =>
  a.file.localeCompare(b.file) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);

/** `file:line:column: error: message`, the line, and a mark below it; the form of compilers, so that editors can jump. */
export const showDiagnostic = (diagnostic: Diagnostic, paint: Paint = unpainted): string => {
  const { severity, message, file, line, column = 1, excerpt, see } = diagnostic;
  const more = see === undefined ? "" : ` (${see})`;
  const head = `${paint.place([file, line, line && column].filter(Boolean).join(":"))}: ${paint[severity](`${severity}:`)} ${message}${more}`;
  if (line === undefined || excerpt === undefined) return head;
  const number = String(line).padStart(5);
  // A long line is cut to the part around the mark. Tabs stay tabs in the line of the mark, so that both lines align.
  const from = column > 100 ? column - 60 : 0;
  const text = excerpt.slice(from, from + 140);
  const blank = excerpt.slice(from, column - 1).replace(/[^\t]/g, " ");
  return `${head}\n${number} | ${text}\n${" ".repeat(number.length)} | ${blank}${paint[severity]("^")}`;
};

/** The colours of a diagnostic's parts. */
export type Paint = Readonly<Record<Severity | "place", (text: string) => string>>;

const unchanged = (text: string): string => text;
const unpainted: Paint = { error: unchanged, warning: unchanged, note: unchanged, place: unchanged };
