/** The examination of a configuration and all that it names, before anything is made or started. */
import { resolve } from "node:path";
import { backendMissing, executesJobFile } from "../backends/registry.js";
import { type Locate, readConfiguration } from "../config/read.js";
import { type Diagnostic, inFileOrder, isError, isProblem } from "../diagnostics/diagnostic.js";
import { hasJournal } from "../journal/open.js";
import { type Ensemble } from "../plan/plan.js";
import { readText } from "../system/files/read-text.js";
import { openTemplates, type SurveyFinding, type Templates } from "../templates/templates.js";
import type { Start } from "./options.js";

/** The plan of a configuration, and everything that was found in it and in the files that it names. */
export interface Examination {
  /** Absent if a diagnostic is an error. */
  readonly plan?: Ensemble;
  /** In the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a configuration, checks the directories and templates that it names, and renders every run in memory. Writes
 * nothing. Returns all mistakes at once, and throws none.
 */
export const examineEnsemble = async (
  file: string,
  { settings, journal, reading: { directory: base, extra } }: Pick<Start, "settings" | "reading" | "journal">,
  templates: Templates = openTemplates(settings),
): Promise<Examination> => {
  const directory = resolve(base);
  const source = await readText(resolve(directory, file));
  if ("problem" in source) return { diagnostics: [unreadable(file, source.problem)] };
  const { plan, diagnostics, locate } = readConfiguration(source.text, { file, directory, extra, settings });
  if (plan === undefined) return { diagnostics };
  // A file that a task of `pre_process` or `pre_batch` may still make need not exist yet.
  const mayAppear = (batch: { readonly pre_batch: readonly unknown[] }) =>
    plan.pre_process.length + batch.pre_batch.length > 0;
  const findings = await templates.survey(plan.batches, { mayAppear });
  // An ensemble that is resumed has made its run directories itself.
  const resumes = journal !== undefined && !journal.fresh && (await hasJournal(journal.directory));
  const relevant = findings.filter(({ code }) => !resumes || code !== "run-directory-exists");
  const all = [...diagnostics, ...relevant.map((finding) => placed(finding, locate))].sort(inFileOrder);
  return { ...(!all.some(isError) && { plan }), diagnostics: all };
};

/** Does the same before a run: drops the plan if its backend is missing, and diagnostics that do not matter to a run. */
export const examineForRun = async (file: string, start: Start, templates: Templates): Promise<Examination> => {
  const { plan, diagnostics } = await examineEnsemble(file, start, templates);
  const { backend } = start;
  // A scheduler reads the job file, and executes a copy.
  const ignored = new Set(executesJobFile(backend) ? [] : ["job-file-not-executable"]);
  const missing = backendMissing(file, backend);
  const problems = diagnostics.filter(({ code }) => !ignored.has(code)).filter(isProblem);
  return { ...(plan !== undefined && missing.length === 0 && { plan }), diagnostics: [...missing, ...problems] };
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
