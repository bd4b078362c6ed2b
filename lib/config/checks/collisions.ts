/** Finds what would come to stand in one and the same place on the disk. */
import { basename, dirname, join, posix } from "node:path";
import { isSuffixOnly, isWithin, outputOf } from "../../plan/paths.js";
import type { Batch } from "../../plan/plan.js";
import type { Draft } from "../build/drafts.js";
import type { Findings } from "../findings.js";
import type { Locations } from "../yaml/locate.js";

/** Every batch has a name of its own: jobs, run directories and `after` go by it. */
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

/** No two templates of a batch may render to one file. */
export const checkTemplates = ({ batch, path }: Draft, locations: Locations, found: Findings): void => {
  const made = new Map<string, string>();
  batch?.templates.forEach((template, index) => {
    const output = outputOf(posix.normalize(template));
    const other = made.get(output);
    const tell = (code: string, message: string) =>
      found.error(code, message, locations.value(path("templates", index)));
    if (isSuffixOnly(template))
      tell("wrong-value", `\`${template}\` is nothing but an ending: what is rendered from it would have no name`);
    else if (other === template) tell("template-collision", `\`${template}\` is listed twice`);
    else if (other !== undefined)
      tell("template-collision", `\`${other}\` and \`${template}\` would both be rendered to \`${output}\``);
    else made.set(output, template);
  });
};

/** No batch may make its run directories in another's run directory, nor in what it copies. */
export const checkDirectories = (drafts: readonly Draft[], locations: Locations, found: Findings): void => {
  const batches = new Map<string, Batch>(
    drafts.flatMap(({ batch }) => (batch === undefined ? [] : [[join(batch.basedir, batch.name), batch]])),
  );
  for (const { batch, path } of drafts) {
    if (batch === undefined) continue;
    const tell = (key: string, message: string) =>
      found.error("directory-collision", message, locations.value(path(key)));
    if (isWithin(batch.basedir, batch.templatedir))
      tell(
        "templatedir",
        `run directories would be made in ${batch.templatedir} and copied with it; basedir has to lie outside of templatedir`,
      );
    for (let directory = batch.basedir; directory !== dirname(directory); directory = dirname(directory)) {
      const [, whose = "", index] = /^(.*)-(0|[1-9][0-9]*)$/s.exec(directory) ?? [];
      const other = batches.get(whose);
      if (other !== undefined && Number(index) < other.runs.length)
        tell("basedir", `this lies in ${basename(directory)}, a run directory of the batch \`${other.name}\``);
    }
  }
};
