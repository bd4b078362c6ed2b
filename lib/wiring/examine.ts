/** Looks at a configuration and at all that it names, before anything is made or started. */
import { resolve } from "node:path";
import { type Locate, readConfiguration } from "../config/read.js";
import { type Diagnostic, inFileOrder, isError } from "../diagnostics/diagnostic.js";
import { type Ensemble } from "../plan/plan.js";
import { type Settings, settingsOf } from "../plan/settings.js";
import { readText } from "../system/files/read-text.js";
import { openTemplates, type SurveyFinding, type Templates } from "../templates/templates.js";
import type { ReadOptions } from "./options.js";

/** A configuration as it was read, and all that was found in it and in what it names. */
export interface Examination {
  /** Absent where a diagnostic is an error. */
  readonly plan?: Ensemble;
  /** In the order in which a reader meets them. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a configuration, looks at the directories and templates that it names, and renders every run in memory.
 * Nothing is written. Every mistake is found in one go; none is thrown.
 */
export const examineEnsemble = async (
  file: string,
  options: ReadOptions & Partial<Settings> = {},
  templates: Templates = openTemplates(settingsOf(options)),
): Promise<Examination> => {
  const directory = resolve(options.directory ?? ".");
  const source = await readText(resolve(directory, file));
  if ("problem" in source) return { diagnostics: [unreadable(file, source.problem)] };
  const { extra = {} } = options;
  const settings = settingsOf(options);
  const { plan, diagnostics, locate } = readConfiguration(source.text, { file, directory, extra, settings });
  if (plan === undefined) return { diagnostics };
  // What a task of `pre_process` or `pre_batch` may yet make need not be there now.
  const mayCome = (batch: { readonly pre_batch: readonly unknown[] }) =>
    plan.pre_process.length + batch.pre_batch.length > 0;
  const findings = await templates.survey(plan.batches, { mayCome });
  const all = [...diagnostics, ...findings.map((finding) => placed(finding, locate))].sort(inFileOrder);
  return { ...(!all.some(isError) && { plan }), diagnostics: all };
};

const unreadable = (file: string, problem: string): Diagnostic => ({
  severity: "error",
  code: "unreadable",
  message: `the configuration cannot be read: ${problem}`,
  file,
});

const placed = ({ severity, code, message, batch, path, at }: SurveyFinding, locate: Locate): Diagnostic => ({
  severity,
  code,
  message,
  ...(at ?? locate(batch, ...path)),
});
