/** The survey: the check, before a run starts, of all files and directories that a batch names. */
import { isWithin } from "../../plan/paths.js";
import { type Batch } from "../../plan/plan.js";
import { type Settings, skipCause } from "../../plan/settings.js";
import { codeOf, messageOf } from "../../system/files/errno.js";
import type { Compiler } from "../compiled.js";
import type { TemplateChanges } from "../prepare/changes.js";
import { readTree, signatureOf, type TemplateTree } from "../prepare/tree.js";
import { baseFindings } from "./base.js";
import type { SurveyFinding } from "./finding.js";
import { jobFindings } from "./job.js";
import { renderAll } from "./render-all.js";
import { compileAll } from "./templates.js";
import { treeFindings } from "./tree.js";

/**
 * Finds all mistakes that can be known before a run starts. Renders every run in memory and writes nothing. `mayAppear`
 * tells whether a task may still make a batch's missing files; then a missing file is a note, not an error.
 */
export type Survey = (
  batches: readonly Batch[],
  options: { readonly mayAppear: (batch: Batch) => boolean },
) => Promise<readonly SurveyFinding[]>;

export const openSurvey = (settings: Settings, compiler: Compiler, changes: TemplateChanges): Survey => {
  /** For each batch, the signature of the template directory when every run last rendered without a mistake. */
  const clean = new Map<string, string>();

  const surveyOne = async (batch: Batch, mayAppear: boolean): Promise<readonly SurveyFinding[]> => {
    const base = await baseFindings(batch, settings);
    const tree = await treeOf(batch, mayAppear);
    if ("severity" in tree) return [...base, tree];
    const { compiled, findings } = await compileAll(batch, tree, compiler, mayAppear);
    changes.remember(batch.name, tree, compiled);
    const found = [
      ...base,
      ...(await treeFindings(batch, tree)),
      ...findings,
      ...(settings.submission ? await jobFindings(batch, tree, mayAppear) : []),
    ];
    const signature = [signatureOf(tree), ...compiled.map(({ entry }) => entry.signature)].join("\0");
    if (compiled.length === batch.templates.length && clean.get(batch.name) === signature) return found;
    const runs = batch.runs.filter((run) => skipCause(run, settings) === undefined);
    const mistakes = await renderAll(batch, runs, compiled);
    const isClean =
      compiled.length === batch.templates.length && !mistakes.some(({ severity }) => severity === "error");
    if (isClean) clean.set(batch.name, signature);
    return [...found, ...mistakes];
  };

  return async (batches, { mayAppear }) => {
    const findings: SurveyFinding[] = [];
    for (const batch of batches) findings.push(...(await surveyOne(batch, mayAppear(batch))));
    return findings;
  };
};

const treeOf = async (
  { name: batch, basedir, templatedir }: Batch,
  mayAppear: boolean,
): Promise<TemplateTree | SurveyFinding> => {
  const about = { batch, path: ["templatedir"] };
  try {
    return await readTree(templatedir);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || !mayAppear) {
      const hint = isWithin(templatedir, basedir) ? "; `templatedir` is relative to `basedir`" : "";
      const message = `the template directory ${templatedir} cannot be read: ${messageOf(error)}${hint}`;
      return { severity: "error", code: "template-directory", message, ...about };
    }
    const message = `the template directory ${templatedir} does not exist yet; a task before the runs may make it, and the program checks it then`;
    return { severity: "note", code: "template-not-yet", message, ...about };
  }
};
