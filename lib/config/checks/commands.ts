/** The check of the length of commands. */
import type { Task } from "../../plan/plan.js";
import type { Findings } from "../findings.js";
import type { Locations, Path } from "../yaml/locate.js";

/** The longest argument that Linux passes to a program (MAX_ARG_STRLEN, execve(2)). A shell gets `cmd` as one argument. */
const MAX_BYTES = 131_071;

export const checkCommands = (tasks: readonly Task[], at: Path, locations: Locations, found: Findings): void => {
  for (const [index, task] of tasks.entries()) {
    if (task.name !== "execute" && task.name !== "check") continue;
    const bytes = Buffer.byteLength(task.args.cmd);
    if (bytes <= MAX_BYTES) continue;
    const message = `\`cmd\` has ${bytes} bytes, and the system takes at most ${MAX_BYTES}; put it into a script`;
    found.error("command-too-long", message, locations.value([...at, index, "args", "cmd"]));
  }
};
