/** Finds a `dest` of a `move` with what only a shell can expand. */
import { unsupportedIn } from "../../plan/expansion.js";
import type { Task } from "../../plan/plan.js";
import type { Findings } from "../findings.js";
import type { Locations, Path } from "../yaml/locate.js";

export const checkDestinations = (tasks: readonly Task[], at: Path, locations: Locations, found: Findings): void => {
  for (const [index, task] of tasks.entries()) {
    const unsupported = task.name === "move" ? unsupportedIn(task.args.dest) : undefined;
    if (unsupported === undefined) continue;
    const message = `\`${unsupported}\` is not expanded in \`dest\`: only \`~\`, \`$NAME\`, \`\${NAME}\`, \`\${NAME-text}\` and \`\${NAME:-text}\` are`;
    found.error("not-expanded", message, locations.value([...at, index, "args", "dest"]));
  }
};
