/** Finds patterns of a `move` that do not mean to rsync what they seem to mean. */
import { excludesAll, withoutQuotes } from "../../plan/patterns.js";
import type { Task } from "../../plan/plan.js";
import type { Findings } from "../findings.js";
import type { Locations, Path } from "../yaml/locate.js";

export const checkPatterns = (tasks: readonly Task[], at: Path, locations: Locations, found: Findings): void => {
  tasks.forEach((task, index) => {
    if (task.name !== "move") return;
    const report = (path: Path, message: string) =>
      found.warning("suspicious-pattern", message, locations.value([...at, index, "args", ...path]));
    for (const argument of ["include", "exclude"] as const) {
      const written = task.args[argument];
      listOf(written).forEach((pattern, item) => {
        const problem = problemWith(pattern);
        if (problem === undefined) return;
        report(Array.isArray(written) ? [argument, item] : [argument], `\`${pattern}\` ${problem}`);
      });
    }
    const [include, exclude] = [listOf(task.args.include), listOf(task.args.exclude)];
    const directories = include.length > 0 && include.every((pattern) => pattern.endsWith("/"));
    if (directories && (exclude.length === 0 || excludesAll(exclude))) {
      const [first = ""] = include;
      report(["include"], `\`${first}\` names a directory without the files in it; \`${first}***\` names both`);
    }
    if (include.length === 0 && excludesAll(exclude))
      report(["exclude"], "this excludes everything: nothing is copied");
  });
};

/** The patterns of an argument, without references, whose patterns differ from run to run. */
const listOf = (written: string | readonly string[] | undefined): readonly string[] =>
  (written === undefined ? [] : [written].flat()).map(withoutQuotes).filter((pattern) => !pattern.startsWith("run."));

const problemWith = (pattern: string): string | undefined => {
  if (/(?:^|\/)\.\.?\//.test(pattern))
    return "matches nothing: a pattern names a path in the run directory, without `.` and `..`; a leading `/` stands for the run directory";
  if (/\{[^{}]*,[^{}]*\}/.test(pattern))
    return "matches nothing that is meant: rsync does not expand braces; write a list";
  if (/^~|\$\{?[A-Za-z_]/.test(pattern))
    return "is used as it is written: neither `~` nor `$` is expanded in a pattern";
  if (/[*?]\S*(?:\s*[,;]\s*|\s+)\S*[*?]/.test(pattern)) return "is one pattern; several are a list";
  return undefined;
};
