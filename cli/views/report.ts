/** What is wrong with a configuration, for a person. */
import { type Diagnostic, type Severity, showDiagnostic } from "../../lib/index.js";
import { paints, wantsColor } from "./color.js";
import { count, printable } from "./format.js";

/** Every diagnostic with its place, and how many there are: `2 errors, 1 warning`. Nothing for none. */
export const report = (diagnostics: readonly Diagnostic[], { color }: { readonly color: boolean }): string => {
  if (diagnostics.length === 0) return "";
  const { bad, odd, faint, place } = paints(color);
  const paint = { error: bad, warning: odd, note: faint, place };
  return [
    ...diagnostics.map((diagnostic) => showDiagnostic(harmless(diagnostic), paint)),
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

/** The user's text must not act on the terminal. A tab in the excerpt stays one: the mark below it counts on it. */
const harmless = (diagnostic: Diagnostic): Diagnostic => ({
  ...diagnostic,
  message: diagnostic.message.split("\n").map(printable).join("\n"),
  file: printable(diagnostic.file),
  ...(diagnostic.excerpt !== undefined && { excerpt: diagnostic.excerpt.replace(/(?!\t)\p{Cc}/gu, "?") }),
});

/** The same, as standard error shows it. */
export const reportText = (diagnostics: readonly Diagnostic[]): string =>
  report(diagnostics, { color: wantsColor(process.env, process.stderr) });
