/** A finding of the survey: a diagnostic with a place in a template, or a path in the configuration instead. */
import type { Diagnostic, Severity } from "../../diagnostics/diagnostic.js";

export interface SurveyFinding {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  /** The batch, and the path of keys in the batch, that the finding is about. */
  readonly batch: string;
  readonly path: readonly (string | number)[];
  /** The place in a template, shown instead of the place in the configuration. */
  readonly at?: Omit<Diagnostic, "severity" | "code" | "message">;
}
