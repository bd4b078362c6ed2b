/** The text of a configuration's diagnostics. */
import { type Diagnostic, type Severity, showDiagnostic } from "../../lib/index.js";
import { paletteOf, wantsColor } from "./color.js";
import { count, printable } from "./format.js";

/** Every diagnostic with its place, then their number: `2 errors, 1 warning`. Empty without diagnostics. */
export const report = (diagnostics: readonly Diagnostic[], { color }: { readonly color: boolean }): string => {
  if (diagnostics.length === 0) return "";
  const { bad, warn, dim, place } = paletteOf(color);
  const paint = { error: bad, warning: warn, note: dim, place };
  return [
    ...diagnostics.map((diagnostic) => showDiagnostic(escapedDiagnostic(diagnostic), paint)),
    counts(diagnostics),
    "",
  ].join("\n");
};

const counts = (diagnostics: readonly Diagnostic[]): string =>
  SEVERITIES.map((severity) => ({ severity, found: diagnostics.filter((one) => one.severity === severity).length }))
    .filter(({ found }) => found > 0)
    .map(({ severity, found }) => count(found, severity))
    .join(", ");

const SEVERITIES: readonly Severity[] = ["error", "warning", "note"];

/** Escaped, so that the user's text does not act on the terminal. Tabs in the excerpt stay, to align the mark below it. */
const escapedDiagnostic = (diagnostic: Diagnostic): Diagnostic => ({
  ...diagnostic,
  message: diagnostic.message.split("\n").map(printable).join("\n"),
  file: printable(diagnostic.file),
  ...(diagnostic.excerpt !== undefined && { excerpt: diagnostic.excerpt.replace(/(?!\t)\p{Cc}/gu, "?") }),
});

/** The report with the colours of standard error. */
export const reportText = (diagnostics: readonly Diagnostic[]): string =>
  report(diagnostics, { color: wantsColor(process.env, process.stderr) });
