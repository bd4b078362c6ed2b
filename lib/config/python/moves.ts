/** Notes what the Python tool would do differently with a `move`. */
import { isRemote, withVariables } from "../../plan/expansion.js";
import { missingParents, parentsOf, withoutQuotes } from "../../plan/patterns.js";
import type { MoveArguments } from "../../plan/plan.js";
import { referencePath } from "../../plan/references.js";
import type { Spot } from "../source.js";
import type { NoteDifference } from "./kinds.js";

/** `spot` gives the place of an argument. */
export const noteMove = (args: MoveArguments, spot: (argument: string) => Spot, note: NoteDifference): void => {
  if (args.exclude !== undefined)
    note("python-move-exclude", spot("exclude"), "the Python tool ignores `exclude`; here it takes effect");
  const include = args.include === undefined ? undefined : includeDifference(args);
  if (include !== undefined) note("python-move-include", spot("include"), include);
  if (!isRemote(withVariables(args.dest, {}, (written) => written)))
    note(
      "python-move-parent",
      spot("dest"),
      "the Python tool silently copies nothing if `dest` does not exist; here it is created",
    );
};

/** The largest difference of an `include`: a text, a reference in a list, a directory on the way, or no file at all. */
const includeDifference = ({ include, allow_empty }: MoveArguments): string | undefined => {
  if (typeof include === "string") return textDifference(include);
  const patterns = include ?? [];
  const reference = patterns.find((pattern) => referencePath(pattern) !== undefined);
  if (reference !== undefined)
    return `in a list, the Python tool takes \`${reference}\` for the name of a file; here it stands for the variable (for such a file, write \`/${reference}\`)`;
  const missing = new Set(missingParents(patterns));
  const unreached = patterns.find((pattern) => parentsOf(pattern).some((parent) => missing.has(parent)));
  if (unreached !== undefined)
    return `the Python tool copies nothing that \`${unreached}\` names, and goes on: rsync does not enter the directories on the way; here they are included`;
  if (patterns.length === 0 || allow_empty === true) return undefined;
  return "the Python tool goes on if no file matches `include`; here the `move` fails, unless it has `allow_empty: true`";
};

/** The Python tool loops over the include, and so over the letters of a text; a `*` among them includes everything. */
const textDifference = (include: string): string => {
  if (referencePath(include) !== undefined)
    return `if \`${include}\` is a text, the Python tool takes each of its letters for a pattern; here the text is one pattern`;
  const effect = withoutQuotes(include).includes("*") ? "everything" : "only files whose name is one of these letters";
  return `the Python tool takes each letter of \`${include}\` for a pattern, and copies ${effect}; here it is one pattern, as in a list`;
};
