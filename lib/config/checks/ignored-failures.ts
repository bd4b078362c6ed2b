/** Finds each `remove` that follows a command whose failure is ignored: it may remove what the command failed to save. */
import type { Task } from "../../plan/plan.js";
import type { Findings } from "../findings.js";
import type { Locations, Path } from "../yaml/locate.js";

export const checkIgnoredFailures = (tasks: readonly Task[], at: Path, locations: Locations, found: Findings): void => {
  let ignored: number | undefined;
  const lineOf = (index: number): number => locations.value([...at, index]).line ?? 0;
  tasks.forEach((task, index) => {
    if (task.name === "execute" && task.args.ignore_failure === true) ignored ??= index;
    if (task.name !== "remove" || ignored === undefined) return;
    const message = `this \`remove\` is done even if the \`execute\` in line ${lineOf(ignored)} failed: that failure is ignored; \`ignore_failure: false\` in the \`args\` of the \`execute\` prevents it`;
    found.warning("remove-after-ignored", message, locations.value([...at, index]));
  });
};
