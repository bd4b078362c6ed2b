/** Notes each place in a list of tasks that the Python tool would treat differently. */
import type { Task } from "../../plan/plan.js";
import { referencePath } from "../../plan/references.js";
import type { Spot } from "../source.js";
import type { Path } from "../yaml/locate.js";
import type { NoteDifference } from "./kinds.js";
import { noteMove } from "./moves.js";

/** `spot` gives the place of a path inside the list. */
export const noteTasks = (
  tasks: readonly Task[],
  list: keyof typeof OWNER,
  spot: (...path: Path) => Spot,
  note: NoteDifference,
): void => {
  const strict = tasks.filter(failsItsOwner);
  const [first] = strict;
  if (first !== undefined) {
    const words = ACTIONS.filter((action) => strict.some(({ name }) => name === action)).map((word) => `\`${word}\``);
    const what = [words.slice(0, -1).join(", "), words.at(-1)].filter(Boolean).join(" or ");
    const message = `the Python tool ignores a failed ${what} in \`${list}\`; here it fails the ${OWNER[list]}`;
    const way = strict.some(({ name }) => name === "execute")
      ? "; `--compat python` ignores a failed `execute` here too, and `ignore_failure: true` in its `args` that of one"
      : "";
    note("python-failed-task", spot(tasks.indexOf(first)), message + way);
  }
  const move = tasks.findIndex(({ name }) => name === "move");
  tasks.forEach((task, index) => {
    if (task.name === "remove" && move !== -1 && move < index) {
      const message =
        "the Python tool removes even what the `move` before it failed to copy; here a failed `move` prevents the `remove`";
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
  if (task.name === "move") noteMove(task.args, spot, note);
  if (task.name === "remove" && task.args.directory !== undefined)
    note(
      "python-remove",
      spot("directory"),
      "the Python tool removes any directory; here it must lie below `basedir` or a directory of `allow_remove`",
    );
  if (task.name === "remove" && OWNER[list] === "run" && isRelative(task.args.directory)) {
    const message = `the Python tool removes the \`${task.args.directory}\` in \`basedir\`; here it is the one in the run directory`;
    note("python-remove-relative", spot("directory"), message);
  }
  if (OWNER[list] === "run" && "cwd" in task.args)
    note(
      "python-cwd",
      spot("cwd"),
      "the Python tool ignores `cwd` and uses the run directory; here `cwd` takes effect",
    );
};

/** A reference may hold any path, so it counts as absolute. */
const isRelative = (directory: string | undefined): directory is string =>
  directory !== undefined && !directory.startsWith("/") && referencePath(directory) === undefined;

/** The part of the plan that fails if a task of the list fails. */
const OWNER = {
  pre_process: "ensemble",
  post_process: "ensemble",
  pre_batch: "batch",
  post_batch: "batch",
  pre_run: "run",
  post_run: "run",
} as const;

const ACTIONS = ["execute", "move", "remove"] as const;

/** Whether a failure of the task fails its owner here, and is ignored by the Python tool. */
const failsItsOwner = (task: Task): boolean =>
  (ACTIONS as readonly string[]).includes(task.name) && !(task.name === "execute" && task.args.ignore_failure === true);
