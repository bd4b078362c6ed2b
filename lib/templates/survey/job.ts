/** The check of the job file. */
import { stat } from "node:fs/promises";
import { join, normalize } from "node:path";
import { didYouMean } from "../../diagnostics/suggest.js";
import { outputOf } from "../../plan/paths.js";
import type { Batch } from "../../plan/plan.js";
import { entryOf } from "../compiled.js";
import type { TemplateTree } from "../prepare/tree.js";
import type { SurveyFinding } from "./finding.js";

/** The job file is a rendered template or a file of the template directory, unless a task makes it later. */
export const jobFindings = async (
  batch: Batch,
  tree: TemplateTree,
  mayAppear: boolean,
): Promise<readonly SurveyFinding[]> => {
  if (batch.job_file === undefined) return [];
  const about = { batch: batch.name, path: ["job_file"] };
  const path = normalize(batch.job_file);
  const outputs = batch.templates.map((name) => outputOf(normalize(name)));
  const made = batch.templates[outputs.indexOf(path)];
  const consumed = batch.templates.find((name) => normalize(name) === path && outputOf(path) !== path);
  if (consumed !== undefined && made === undefined) {
    const message = `${batch.job_file} is a template; its rendered file is called "${outputOf(path)}"`;
    return [{ severity: "error", code: "job-file-missing", message, ...about }];
  }
  // compileAll reports a missing template.
  if (made !== undefined && entryOf(made, tree) === undefined) return [];
  // The check follows a link, as the backend does.
  const file = join(batch.templatedir, made ?? path);
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return missing(batch, [...outputs, ...tree.keys()], mayAppear);
  if (!found.isFile()) {
    return [{ severity: "error", code: "job-file-kind", message: `the job file ${file} is not a file`, ...about }];
  }
  if ((found.mode & 0o111) !== 0) return [];
  const message = `${file} is not executable, and the backend dummy executes it: \`chmod +x\` it`;
  return [{ severity: "warning", code: "job-file-not-executable", message, ...about }];
};

const missing = (batch: Batch, known: readonly string[], mayAppear: boolean): readonly SurveyFinding[] => {
  const { job_file = "", name, templatedir, pre_run } = batch;
  const about = { batch: name, path: ["job_file"] };
  const absent = `the job file ${job_file} is neither in ${templatedir} nor rendered from a template`;
  if (mayAppear) {
    const message = `${absent}; a task before the runs may make it, and the program checks it then`;
    return [{ severity: "note", code: "template-not-yet", message, ...about }];
  }
  // A command of the run may make it before it is submitted.
  if (pre_run.some((task) => task.name === "execute" || task.name === "check")) {
    return [{ severity: "warning", code: "job-file-missing", message: `${absent}; pre_run must make it`, ...about }];
  }
  const message = `${absent}${didYouMean(job_file, known)}`;
  return [{ severity: "error", code: "job-file-missing", message, ...about }];
};
