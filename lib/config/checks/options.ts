/** Finds options of rsync that a `move` may not have. */
import type { Task } from "../../plan/plan.js";
import { problemWithOption } from "../../plan/rsync-options.js";
import type { Findings } from "../findings.js";
import type { Locations, Path } from "../yaml/locate.js";

export const checkOptions = (tasks: readonly Task[], at: Path, locations: Locations, found: Findings): void => {
  tasks.forEach((task, index) => {
    if (task.name !== "move" || task.args.options === undefined) return;
    const written = task.args.options;
    [written].flat().forEach((option, item) => {
      // A reference has its value only in the run, and the task checks it there.
      const problem = option.startsWith("run.") ? undefined : problemWithOption(option);
      if (problem === undefined) return;
      const place = [...at, index, "args", "options", ...(Array.isArray(written) ? [item] : [])];
      found.error("rsync-option", problem, locations.value(place));
    });
  });
};
