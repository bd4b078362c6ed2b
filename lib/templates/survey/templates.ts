/** The check that the templates of a batch exist and compile. */
import { join } from "node:path";
import { didYouMean } from "../../diagnostics/suggest.js";
import { outputOf } from "../../plan/paths.js";
import type { Batch } from "../../plan/plan.js";
import { messageOf } from "../../system/files/errno.js";
import { behindLink, type Compiled, type Compiler, entryOf, templateAt } from "../compiled.js";
import { TemplateError } from "../engine.js";
import type { TemplateTree } from "../prepare/tree.js";
import { nodePlace } from "./excerpt.js";
import type { SurveyFinding } from "./finding.js";

export const compileAll = async (
  batch: Batch,
  tree: TemplateTree,
  compiler: Compiler,
  mayAppear: boolean,
): Promise<{ readonly compiled: readonly Compiled[]; readonly findings: readonly SurveyFinding[] }> => {
  const compiled: Compiled[] = [];
  const findings: SurveyFinding[] = [];
  for (const [index, name] of batch.templates.entries()) {
    const about = { batch: batch.name, path: ["templates", index] };
    const file = join(batch.templatedir, name);
    const entry = await templateAt(batch, name, tree);
    if (entry?.kind !== "file") {
      const { severity, ...rest } =
        entry === undefined ? absent(batch, name, tree, mayAppear) : unfit(file, entry.kind);
      findings.push({ severity, ...rest, ...about });
      continue;
    }
    const output = outputOf(entry.path);
    const hidden = output === entry.path ? undefined : tree.get(output);
    if (hidden?.kind === "directory") {
      const message = `${name} is rendered to ${output}, which is a directory`;
      findings.push({ severity: "error", code: "template-kind", message, ...about });
    } else if (hidden !== undefined && !batch.templates.some((template) => entryOf(template, tree) === hidden)) {
      const message = `${name} is rendered to ${output}, which replaces ${join(batch.templatedir, output)}`;
      findings.push({ severity: "warning", code: "replaced-file", message, ...about });
    }
    try {
      compiled.push(await compiler(batch, name, entry, tree));
    } catch (error) {
      if (error instanceof TemplateError) {
        for (const one of [error, ...(error.more.also ?? [])]) {
          const at = await nodePlace(file, one);
          findings.push({ severity: "error", code: "template", message: one.message, ...about, at });
        }
      } else {
        findings.push({ severity: "error", code: "template", message: messageOf(error), ...about, at: { file } });
      }
    }
  }
  return { compiled, findings };
};

type SurveyMessage = Pick<SurveyFinding, "severity" | "code" | "message">;

const absent = (batch: Batch, name: string, tree: TemplateTree, mayAppear: boolean): SurveyMessage => {
  const file = join(batch.templatedir, name);
  const behind = behindLink(name, tree);
  if (behind !== undefined) return { severity: "error", code: "template-behind-link", message: `${file}: ${behind}` };
  if (mayAppear) {
    const message = `the template ${file} does not exist yet; a task before the runs may make it, and the program checks it then`;
    return { severity: "note", code: "template-not-yet", message };
  }
  const files = [...tree.values()].filter(({ kind }) => kind === "file").map(({ path }) => path);
  return {
    severity: "error",
    code: "template-missing",
    message: `there is no template ${file}${didYouMean(name, files)}`,
  };
};

const unfit = (file: string, kind: string): SurveyMessage => ({
  severity: "error",
  code: "template-kind",
  message:
    kind === "link"
      ? `${file} is a symbolic link that does not lead to a file`
      : `${file} is ${kind === "directory" ? "a directory" : "not a file"}; a template must be a file`,
});
