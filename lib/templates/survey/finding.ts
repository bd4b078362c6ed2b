/** What a look at templates finds: a diagnostic whose place is perhaps still to be looked up in the configuration. */
import type { Diagnostic, Severity } from "../../diagnostics/diagnostic.js";

export interface SurveyFinding {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  /** The batch, and the path of keys in it, that the finding is about. */
  readonly batch: string;
  readonly path: readonly (string | number)[];
  /** The place in a template. It wins. */
  readonly at?: Omit<Diagnostic, "severity" | "code" | "message">;
}
