/** Collects the diagnostics of a configuration, and keeps their list short enough to read. */
import { type Diagnostic, inFileOrder, isError, type Severity } from "../diagnostics/diagnostic.js";
import type { Spot } from "./source.js";

export interface Findings {
  readonly error: AddFinding;
  readonly warning: AddFinding;
  /** Odd, but harmless. */
  readonly note: AddFinding;
  /** Whether an error was found. */
  readonly failed: () => boolean;
  /** In file order. */
  readonly all: () => readonly Diagnostic[];
}

export type AddFinding = (code: string, message: string, spot: Spot) => void;

/** The most findings that are reported for one code: a mistake in each of 10,000 runs is clear from the first 100. */
const MAX_FINDINGS: Readonly<Record<Severity, number>> = { error: 100, warning: 100, note: 10 };

export const findings = (): Findings => {
  const found: Diagnostic[] = [];
  const seen = new Set<string>();
  const add = (severity: Severity) => (code: string, message: string, spot: Spot) => {
    // A mistake that several batches share, through an alias or `batch_config`, is reported once.
    const key = `${code} ${spot.line ?? ""}:${spot.column ?? ""} ${spot.line === undefined ? message : ""}`;
    if (seen.has(key)) return;
    seen.add(key);
    found.push({ severity, code, message, ...spot });
  };
  return {
    error: add("error"),
    warning: add("warning"),
    note: add("note"),
    failed: () => found.some(isError),
    all: () => shortened(found.toSorted(inFileOrder)),
  };
};

const shortened = (sorted: readonly Diagnostic[]): readonly Diagnostic[] => {
  const total = new Map<string, number>();
  for (const { code } of sorted) total.set(code, (total.get(code) ?? 0) + 1);
  const counts = new Map<string, number>();
  return sorted.flatMap((diagnostic) => {
    const { code, message, severity } = diagnostic;
    const limit = MAX_FINDINGS[severity];
    const number = (counts.get(code) ?? 0) + 1;
    counts.set(code, number);
    if (number > limit) return [];
    const rest = (total.get(code) ?? 0) - limit;
    return number === limit && rest > 0
      ? [{ ...diagnostic, message: `${message} (and ${rest} more of this kind)` }]
      : [diagnostic];
  });
};

/** The `see` of a diagnostic: a link to a section of the page for users of the Python tool. */
export const pageAt = (section: string): string => `docs/from-the-python-tool.md#${section}`;
