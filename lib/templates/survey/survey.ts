/** The look at everything that a batch names on disk, before a run starts. It writes nothing. */
import { type Batch } from "../../plan/plan.js";
import { type Settings, skipCause } from "../../plan/settings.js";
import { codeOf, messageOf } from "../../system/files/errno.js";
import type { Compiler } from "../compiled.js";
import { readTree, signatureOf, type TemplateTree } from "../prepare/tree.js";
import { baseFindings } from "./base.js";
import type { SurveyFinding } from "./finding.js";
import { jobFindings } from "./job.js";
import { renderAll } from "./render-all.js";
import { compileAll } from "./templates.js";
import { treeFindings } from "./tree.js";

/**
 * Everything that can be known before a run starts; every run is rendered in memory, and nothing is written. What
 * `mayCome` says may yet be made is noted where it is missing.
 */
export type Survey = (
  batches: readonly Batch[],
  options: { readonly mayCome: (batch: Batch) => boolean },
) => Promise<readonly SurveyFinding[]>;

export const openSurvey = (settings: Settings, compiler: Compiler): Survey => {
  /** The template directories with which every run of a batch was rendered without a mistake. */
  const fine = new Map<string, string>();

  const surveyOne = async (batch: Batch, mayCome: boolean): Promise<readonly SurveyFinding[]> => {
    const base = await baseFindings(batch, settings);
    const tree = await treeOf(batch, mayCome);
    if ("severity" in tree) return [...base, tree];
    const { compiled, findings } = await compileAll(batch, tree, compiler, mayCome);
    const found = [
      ...base,
      ...(await treeFindings(batch, tree)),
      ...findings,
      ...(settings.submission ? await jobFindings(batch, tree, mayCome) : []),
    ];
    const signature = [signatureOf(tree), ...compiled.map(({ entry }) => entry.signature)].join("\0");
    if (compiled.length === batch.templates.length && fine.get(batch.name) === signature) return found;
    const runs = batch.runs.filter((run) => skipCause(run, settings) === undefined);
    const mistakes = await renderAll(batch, runs, compiled);
    const isFine = compiled.length === batch.templates.length && !mistakes.some(({ severity }) => severity === "error");
    if (isFine) fine.set(batch.name, signature);
    return [...found, ...mistakes];
  };

  return async (batches, { mayCome }) => {
    const findings: SurveyFinding[] = [];
    for (const batch of batches) findings.push(...(await surveyOne(batch, mayCome(batch))));
    return findings;
  };
};

const treeOf = async ({ name: batch, templatedir }: Batch, mayCome: boolean): Promise<TemplateTree | SurveyFinding> => {
  const about = { batch, path: ["templatedir"] };
  try {
    return await readTree(templatedir);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || !mayCome) {
      const message = `the template directory ${templatedir} cannot be read: ${messageOf(error)}`;
      return { severity: "error", code: "template-directory", message, ...about };
    }
    const message = `the template directory ${templatedir} is not there yet; a task before the runs may make it, and it is looked at then`;
    return { severity: "note", code: "template-not-yet", message, ...about };
  }
};
