/** The look at everything that a batch names on disk, before a run starts. It writes nothing. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { type Batch, leftOut, type Settings } from "../plan.js";
import { codeOf, messageOf } from "../world/errors.js";
import { outputOf } from "./compile.js";
import { type Compiled, type Compiler, entryOf } from "./compiled.js";
import { TemplateError } from "./engine.js";
import type { Finding } from "./finding.js";
import { excerptOf, renderAll } from "./render-all.js";
import { type Entry, readTree } from "./tree.js";

type Survey = (
  batches: readonly Batch[],
  options: { mayCome: (batch: Batch) => boolean },
) => Promise<readonly Finding[]>;

export const openSurvey = (settings: Settings, compiler: Compiler): Survey => {
  /** The templates with which every run of a batch was rendered without a mistake. */
  const fine = new Map<string, string>();

  const surveyOne = async (batch: Batch, mayCome: boolean): Promise<readonly Finding[]> => {
    const base = await baseFindings(batch);
    const tree = await treeOf(batch.templatedir);
    if ("message" in tree) {
      const severity = mayCome && tree.missing ? "note" : "error";
      return [
        ...base,
        { severity, code: "template-directory", message: tree.message, batch: batch.name, path: ["templatedir"] },
      ];
    }
    const { compiled, findings } = await compileAll(batch, tree, compiler, mayCome);
    const found = [...base, ...(await treeFindings(batch, tree)), ...findings, ...jobFindings(batch, tree, settings)];
    const signature = compiled.map(({ name, entry }) => `${name} ${entry.signature}`).join("\n");
    if (fine.get(batch.name) === signature) return found;
    const runs = batch.runs.filter((run) => leftOut(run, settings) === undefined);
    const mistakes = await renderAll(batch, runs, compiled);
    if (!mistakes.some(({ severity }) => severity === "error")) fine.set(batch.name, signature);
    return [...found, ...mistakes];
  };

  return async (batches, { mayCome }) => {
    const findings: Finding[] = [];
    for (const batch of batches) findings.push(...(await surveyOne(batch, mayCome(batch))));
    return findings;
  };
};

const treeOf = async (directory: string): Promise<readonly Entry[] | { message: string; missing: boolean }> => {
  try {
    return await readTree(directory);
  } catch (error) {
    const message = `the template directory ${directory} cannot be read: ${messageOf(error)}`;
    return { message, missing: codeOf(error) === "ENOENT" };
  }
};

/** The nearest directory that is there already has to let us make the rest. */
const baseFindings = async (batch: Batch): Promise<readonly Finding[]> => {
  const found = (message: string): readonly Finding[] => [
    { severity: "error", code: "base-directory", message, batch: batch.name, path: ["basedir"] },
  ];
  for (let path = batch.basedir; ; path = dirname(path)) {
    try {
      if (!(await stat(path)).isDirectory()) return found(`${path} is not a directory`);
      await access(path, constants.W_OK | constants.X_OK);
      return [];
    } catch (error) {
      if (codeOf(error) !== "ENOENT" || dirname(path) === path)
        return found(`${path} cannot be written to: ${messageOf(error)}`);
    }
  }
};

const treeFindings = async (batch: Batch, tree: readonly Entry[]): Promise<readonly Finding[]> => {
  const found = await Promise.all(
    tree.map(async (entry): Promise<readonly Finding[]> => {
      const file = join(batch.templatedir, entry.path);
      const place = { batch: batch.name, path: ["templatedir"], at: { file } };
      if (entry.kind === "other") {
        return [
          {
            severity: "error",
            code: "not-copyable",
            message: "it is a socket, a pipe or a device, and cannot be copied",
            ...place,
          },
        ];
      }
      if (entry.kind !== "link") return [];
      const dangles = await stat(file).then(
        () => false,
        () => true,
      );
      if (!dangles) return [];
      return [
        {
          severity: "warning",
          code: "dangling-link",
          message: `it is a symbolic link to ${entry.target}, and there is nothing; run directories get it as it is`,
          ...place,
        },
      ];
    }),
  );
  return found.flat();
};

const compileAll = async (batch: Batch, tree: readonly Entry[], compiler: Compiler, mayCome: boolean) => {
  const compiled: Compiled[] = [];
  const findings: Finding[] = [];
  for (const [index, name] of batch.templates.entries()) {
    const about = { batch: batch.name, path: ["templates", index] };
    const entry = entryOf(name, tree);
    const file = join(batch.templatedir, name);
    if (entry === undefined) {
      findings.push(
        mayCome
          ? {
              severity: "note",
              code: "template-not-yet",
              message: `${file} is not there yet, and could not be looked at; a task before the runs may make it`,
              ...about,
            }
          : { severity: "error", code: "template-missing", message: `there is no template ${file}`, ...about },
      );
    } else if (entry.kind !== "file") {
      const message =
        entry.kind === "link"
          ? `${file} is a symbolic link: a template has to be a file, since rendering never writes through a link`
          : `${file} is not a file`;
      findings.push({ severity: "error", code: "template-kind", message, ...about });
    } else {
      try {
        compiled.push(await compiler(batch, name, entry));
      } catch (error) {
        const at = error instanceof TemplateError ? await excerptOf(file, error) : { file };
        findings.push({ severity: "error", code: "template", message: messageOf(error), ...about, at });
      }
    }
  }
  return { compiled, findings };
};

/** The job file is a template's output or a file of the directory, unless a `pre_run` task has yet to make it. */
const jobFindings = (batch: Batch, tree: readonly Entry[], settings: Settings): readonly Finding[] => {
  if (batch.job_file === undefined || !settings.submission) return [];
  const about = { batch: batch.name, path: ["job_file"] };
  const path = normalize(batch.job_file);
  const source = batch.templates.find((name) => outputOf(normalize(name)) === path);
  const entry = entryOf(source ?? batch.job_file, tree);
  if (entry === undefined && source === undefined && batch.pre_run.length === 0) {
    const message = `the job file ${batch.job_file} is neither in ${batch.templatedir} nor made by a template`;
    return [{ severity: "error", code: "job-file-missing", message, ...about }];
  }
  if (entry?.kind === "directory") {
    return [
      { severity: "error", code: "job-file-kind", message: `the job file ${batch.job_file} is a directory`, ...about },
    ];
  }
  if (entry?.kind !== "file" || (entry.mode & 0o111) !== 0) return [];
  const message = `${join(batch.templatedir, source ?? batch.job_file)} is not executable, and the backend dummy executes it; \`chmod +x\` it`;
  return [{ severity: "warning", code: "job-file-not-executable", message, ...about }];
};
