/** The check of the files and links that the program copies for every run. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { Batch } from "../../plan/plan.js";
import { messageOf } from "../../system/files/errno.js";
import { NOT_COPYABLE } from "../prepare/stage.js";
import type { Entry, TemplateTree } from "../prepare/tree.js";
import type { SurveyFinding } from "./finding.js";

export const treeFindings = async (batch: Batch, tree: TemplateTree): Promise<readonly SurveyFinding[]> => {
  const found = await Promise.all(Array.from(tree.values(), (entry) => entryFinding(batch, tree, entry)));
  return found.filter((finding) => finding !== undefined);
};

const entryFinding = async (batch: Batch, tree: TemplateTree, entry: Entry): Promise<SurveyFinding | undefined> => {
  const file = join(batch.templatedir, entry.path);
  const about = { batch: batch.name, path: ["templatedir"], at: { file } };
  switch (entry.kind) {
    case "directory":
      return undefined;
    case "other":
      return { severity: "error", code: "not-copyable", message: NOT_COPYABLE, ...about };
    case "file": {
      const problem = await access(file, constants.R_OK).then(
        () => undefined,
        (error: unknown) => messageOf(error),
      );
      if (problem === undefined) return undefined;
      return { severity: "error", code: "not-readable", message: `the file cannot be copied: ${problem}`, ...about };
    }
    case "link": {
      const lost = await leadsNowhere(batch, tree, entry.path, entry.target);
      if (lost === undefined) return undefined;
      const message = `the symbolic link to ${entry.target} leads nowhere${lost}; run directories get the link unchanged`;
      return { severity: "warning", code: "dangling-link", message, ...about };
    }
  }
};

/**
 * The end of the message about a link that leads nowhere; undefined if the link leads somewhere. Links are copied
 * unchanged, so a relative link starts at the run directory, from which it may lead to another place than from the
 * template directory.
 */
const leadsNowhere = async (
  batch: Batch,
  tree: TemplateTree,
  path: string,
  target: string,
): Promise<string | undefined> => {
  const [first] = batch.runs;
  const inside = join(dirname(path), target);
  const copied = !isAbsolute(target) && (inside === "." || !inside.startsWith(".."));
  if (copied || isAbsolute(target) || first === undefined) {
    const found = tree.has(inside) || (await exists(join(batch.templatedir, path)));
    return found ? undefined : "";
  }
  const place = resolve(first.directory, inside);
  return (await exists(place)) ? undefined : ` from a run directory: there is no ${place}`;
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
