/** The check of `basedir`, the directory in which the program makes run directories. */
import { constants } from "node:fs";
import { access, lstat, readdir, stat } from "node:fs/promises";
import { dirname, relative, sep } from "node:path";
import { isWithin } from "../../plan/paths.js";
import { type Batch } from "../../plan/plan.js";
import { type Settings, skipCause } from "../../plan/settings.js";
import { codeOf, messageOf } from "../../system/files/errno.js";
import { reachedFrom, realOf } from "../../system/files/real-path.js";
import type { SurveyFinding } from "./finding.js";

export const baseFindings = async (batch: Batch, settings: Settings): Promise<readonly SurveyFinding[]> => {
  const { problem, exists } = await checkBase(batch.basedir);
  const about = { batch: batch.name, path: ["basedir"] };
  if (problem !== undefined) return [{ severity: "error", code: "base-directory", message: problem, ...about }];
  const nested = await nestingProblem(batch);
  if (nested !== undefined) return [{ severity: "error", code: "nested-directories", message: nested, ...about }];
  return [
    ...(await linkFindings(batch)),
    ...(exists && !settings.pickup ? await existingDirectories(batch, settings) : []),
  ];
};

/**
 * The Python tool changes into `basedir` and reads `templatedir` from there: where `basedir` is a link, `..` leads out of
 * the directory that the link leads to. Warns if it would copy another directory than this program.
 */
const linkFindings = async (one: Batch): Promise<readonly SurveyFinding[]> => {
  const { name: batch, basedir, templatedir, shared } = one;
  const written = shared["templatedir"];
  if (typeof written !== "string") return [];
  const other = reachedFrom(basedir, written);
  if ((await realOf(other)) === (await realOf(templatedir)) || !(await isThere(other))) return [];
  const message = `the Python tool would copy ${other}, because it follows the link in ${basedir} before \`..\`; here it is ${templatedir}; write an absolute path`;
  return [{ severity: "warning", code: "linked-basedir", message, batch, path: ["templatedir"] }];
};

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Checks that the user may write to the directory, or if it is missing, to the nearest directory above it. */
const checkBase = async (basedir: string): Promise<{ readonly problem?: string; readonly exists: boolean }> => {
  for (let path = basedir; ; path = dirname(path)) {
    const exists = path === basedir;
    try {
      if (!(await stat(path)).isDirectory()) return { exists, problem: `${path} is not a directory` };
      await access(path, constants.W_OK | constants.X_OK);
      return { exists };
    } catch (error) {
      const problem = `${path} cannot be written to: ${messageOf(error)}`;
      if (codeOf(error) !== "ENOENT" || dirname(path) === path) return { exists, problem };
      const isLink = await lstat(path).then(
        () => true,
        () => false,
      );
      if (isLink) return { exists, problem: `${path} is a symbolic link that leads nowhere` };
    }
  }
};

/**
 * Why the two directories may not contain each other: run directories inside the template directory would be copied into
 * every later run.
 */
const nestingProblem = async ({ basedir, templatedir, runs }: Batch): Promise<string | undefined> => {
  const base = await realOf(basedir);
  const templates = await realOf(templatedir);
  if (isWithin(base, templates)) {
    return `the base directory ${basedir} is in the template directory ${templatedir}: each run directory would be copied into the next`;
  }
  const [first = ""] = isWithin(templates, base) ? relative(base, templates).split(sep) : [];
  const run = runs.find(({ id }) => id === first);
  return run && `the directory of run ${run.id} is or contains the template directory ${templatedir}`;
};

/** A warning only: a run whose directory exists already will fail, but the other runs will not. */
const existingDirectories = async (batch: Batch, settings: Settings): Promise<readonly SurveyFinding[]> => {
  const names = new Set(await readdir(batch.basedir).catch(() => []));
  const found = batch.runs.filter((run) => names.has(run.id) && skipCause(run, settings) === undefined);
  if (found.length === 0) return [];
  const [first] = found;
  const message =
    found.length === 1
      ? `${first?.directory ?? ""} exists already, so its run will fail; -p (--pickup) keeps it`
      : `${found.length} run directories exist already, so their runs will fail: ${first?.directory ?? ""} and more; -p (--pickup) keeps them`;
  return [{ severity: "warning", code: "run-directory-exists", message, batch: batch.name, path: ["basedir"] }];
};
