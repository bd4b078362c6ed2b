/** Diagnostics as people read them on standard error. */
import type { Diagnostic } from "../lib/index.js";
import { wantsColor } from "./views/color.js";
import { report } from "./views/report.js";

export const reportText = (diagnostics: readonly Diagnostic[]): string =>
  report(diagnostics, { color: wantsColor(process.env, process.stderr) });
