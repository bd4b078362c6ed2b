/** The check of the job file. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { didYouMean } from "../../diagnostics/suggest.js";
import { outputOf } from "../../plan/paths.js";
import type { Batch } from "../../plan/plan.js";
import { noexecMount } from "../../system/files/noexec.js";
import { headOf, interpreterProblem, isBareText } from "../../system/processes/first-line.js";
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
  // `compileAll` reports a missing template.
  if (made !== undefined && entryOf(made, tree) === undefined) return [];
  // The check follows a link, as the backend does.
  const file = join(batch.templatedir, made ?? path);
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return missing(batch, [...outputs, ...tree.keys()], mayAppear);
  if (!found.isFile()) {
    return [{ severity: "error", code: "job-file-kind", message: `the job file ${file} is not a file`, ...about }];
  }
  const warning = (code: string, message: string): SurveyFinding => ({ severity: "warning", code, message, ...about });
  const problem = firstLineProblem(file, made);
  const mount = noexecAbove(batch.basedir);
  return [
    ...((found.mode & 0o111) === 0
      ? [
          warning(
            "job-file-not-executable",
            `${file} is not executable, and the backend dummy executes it: \`chmod +x\` it`,
          ),
        ]
      : []),
    ...(problem === undefined ? [] : [warning("job-file-first-line", `${file}: ${problem}`)]),
    ...(mount === undefined
      ? []
      : [
          warning(
            "job-file-not-executable",
            `the backend dummy cannot execute the job file below ${batch.basedir}: the file system ${mount} is mounted with the option noexec`,
          ),
        ]),
  ];
};

/** Why this machine cannot start the job file, as far as the first line tells before the file is rendered. */
const firstLineProblem = (file: string, template: string | undefined): string | undefined => {
  const head = headOf(file);
  const isRendered = template !== undefined && /^[^\n]*\{[{%#]/.test(head);
  if (isRendered || head === "") return undefined;
  if (isBareText(head))
    return "its first line names no interpreter, such as `#!/bin/bash`; Slurm refuses it, and the backend dummy lets bash execute it";
  // Jinja renders each line break as `\n`.
  return interpreterProblem(/\.j(?:inja)?2$/.test(template ?? "") ? head.replace(/\r\n/g, "\n") : head, dirname(file));
};

/** The mount point that forbids execution in a directory, or if it is missing, in the nearest directory above it. */
const noexecAbove = (directory: string): string | undefined => {
  for (let path = directory; ; path = dirname(path))
    if (existsSync(path) || path === dirname(path)) return noexecMount(path);
};

const missing = (batch: Batch, known: readonly string[], mayAppear: boolean): readonly SurveyFinding[] => {
  const { job_file = "", name, templatedir, pre_run } = batch;
  const about = { batch: name, path: ["job_file"] };
  const absent = `the job file ${job_file} is neither in ${templatedir} nor rendered from a template`;
  if (mayAppear) {
    const message = `${absent}; a task before the runs may make it, and the program checks it then`;
    return [{ severity: "note", code: "template-not-yet", message, ...about }];
  }
  // A command of the run may make the job file before the program submits it.
  if (pre_run.some((task) => task.name === "execute" || task.name === "check")) {
    return [{ severity: "warning", code: "job-file-missing", message: `${absent}; pre_run must make it`, ...about }];
  }
  const message = `${absent}${didYouMean(job_file, known)}`;
  return [{ severity: "error", code: "job-file-missing", message, ...about }];
};
