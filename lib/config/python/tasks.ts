/** Notes where the Python tool would have done otherwise with a list of tasks. */
import type { Task } from "../../plan/plan.js";
import type { Spot } from "../source.js";
import type { Path } from "../yaml/locate.js";
import type { NoteDifference } from "./kinds.js";

/** `spot` is the place of what a path in the list leads to. */
export const noteTasks = (
  tasks: readonly Task[],
  list: keyof typeof OWNER,
  spot: (...path: Path) => Spot,
  note: NoteDifference,
): void => {
  const firstAction = tasks.findIndex(({ name }) => ACTIONS.has(name));
  if (firstAction !== -1) {
    const message = `the Python tool goes on where an \`execute\`, \`move\` or \`remove\` of \`${list}\` fails; here that ends the ${OWNER[list]}`;
    note("python-failed-task", spot(firstAction), message);
  }
  const move = tasks.findIndex(({ name }) => name === "move");
  tasks.forEach((task, index) => {
    if (task.name === "remove" && move !== -1 && move < index) {
      const message =
        "the Python tool removes even what the `move` before it failed to copy; here nothing is removed then";
      note("python-failed-move", spot(index), message);
    }
    noteTask(task, list, (argument) => spot(index, "args", argument), note);
  });
};

const noteTask = (
  task: Task,
  list: keyof typeof OWNER,
  spot: (argument: string) => Spot,
  note: NoteDifference,
): void => {
  if (task.name === "move") {
    if (task.args.exclude !== undefined)
      note("python-move-exclude", spot("exclude"), "the Python tool takes no notice of `exclude`; here it is honoured");
    // What stands before a colon is another host, as rsync has it.
    if (!/^[^/]+:/.test(task.args.dest))
      note(
        "python-move-parent",
        spot("dest"),
        "the Python tool copies nothing, and says nothing, where `dest` is not there yet; here it is made",
      );
  }
  if (task.name === "remove" && task.args.directory !== undefined)
    note(
      "python-remove",
      spot("directory"),
      "the Python tool removes whatever this names; here it has to lie below `basedir` or a directory of `allow_remove`",
    );
  if (OWNER[list] === "run" && "cwd" in task.args)
    note("python-cwd", spot("cwd"), "the Python tool takes the run directory all the same; here `cwd` wins");
};

/** What a failure in the list ends. */
const OWNER = {
  pre_process: "ensemble",
  post_process: "ensemble",
  pre_batch: "batch",
  post_batch: "batch",
  pre_run: "run",
  post_run: "run",
} as const;

const ACTIONS: ReadonlySet<string> = new Set(["execute", "move", "remove"]);
