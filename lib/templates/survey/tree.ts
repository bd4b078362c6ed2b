/** The look at what is copied for every run. */
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
      return { severity: "error", code: "not-readable", message: `it cannot be copied: ${problem}`, ...about };
    }
    case "link": {
      const lost = await leadsNowhere(batch, tree, entry.path, entry.target);
      if (lost === undefined) return undefined;
      const message = `it is a symbolic link to ${entry.target}, and there is nothing${lost}; run directories get it as it is`;
      return { severity: "warning", code: "dangling-link", message, ...about };
    }
  }
};

/**
 * Where a link leads nowhere, if it does. One is kept as it is, so a relative one has to lead to something from the run
 * directory; from the template directory that may be somewhere else.
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
    const found = tree.has(inside) || (await isThere(join(batch.templatedir, path)));
    return found ? undefined : "";
  }
  const place = resolve(first.directory, inside);
  return (await isThere(place)) ? undefined : ` at ${place}, where it leads from a run directory`;
};

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
