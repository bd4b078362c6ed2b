/** Finds collisions: batches with the same name, templates with the same output, directories inside one another. */
import { basename, dirname, join, posix } from "node:path";
import { isSuffixOnly, isWithin, outputOf } from "../../plan/paths.js";
import type { Batch } from "../../plan/plan.js";
import type { Draft } from "../build/drafts.js";
import type { Findings } from "../findings.js";
import type { Locations } from "../yaml/locate.js";

/** Each batch needs a name of its own: jobs, run directories and `after` use it. */
export const checkNames = (drafts: readonly Draft[], locations: Locations, found: Findings): void => {
  const first = new Map<string, Draft>();
  for (const draft of drafts) {
    const other = first.get(draft.name);
    if (other === undefined) {
      first.set(draft.name, draft);
      continue;
    }
    const { line } = locations.value(other.path("name"));
    const message = `two batches are named \`${draft.name}\`; the first is at line ${String(line)}`;
    found.error("duplicate-name", message, locations.value(draft.path("name")));
  }
};

/** No two templates of a batch may render to the same file. */
export const checkTemplates = ({ batch, path }: Draft, locations: Locations, found: Findings): void => {
  const templateOf = new Map<string, string>();
  batch?.templates.forEach((template, index) => {
    const output = outputOf(posix.normalize(template));
    const other = templateOf.get(output);
    const report = (code: string, message: string) =>
      found.error(code, message, locations.value(path("templates", index)));
    if (isSuffixOnly(template))
      report("wrong-value", `\`${template}\` is a suffix alone: the rendered file would have no name`);
    else if (other === template) report("template-collision", `\`${template}\` is listed twice`);
    else if (other !== undefined)
      report("template-collision", `\`${other}\` and \`${template}\` would both be rendered to \`${output}\``);
    else templateOf.set(output, template);
  });
};

/** No batch may make run directories inside another batch's run directory, nor inside its own template directory. */
export const checkDirectories = (drafts: readonly Draft[], locations: Locations, found: Findings): void => {
  const batches = new Map<string, Batch>(
    drafts.flatMap(({ batch }) => (batch === undefined ? [] : [[join(batch.basedir, batch.name), batch]])),
  );
  for (const { batch, path } of drafts) {
    if (batch === undefined) continue;
    const report = (key: string, message: string) =>
      found.error("directory-collision", message, locations.value(path(key)));
    if (isWithin(batch.basedir, batch.templatedir))
      report(
        "templatedir",
        `\`basedir\` must lie outside \`templatedir\`: run directories would be made in ${batch.templatedir} and copied with it`,
      );
    for (let directory = batch.basedir; directory !== dirname(directory); directory = dirname(directory)) {
      const [, prefix = "", index] = /^(.*)-(0|[1-9][0-9]*)$/s.exec(directory) ?? [];
      const other = batches.get(prefix);
      if (other !== undefined && Number(index) < other.runs.length)
        report("basedir", `this lies in ${basename(directory)}, a run directory of the batch \`${other.name}\``);
    }
  }
};
