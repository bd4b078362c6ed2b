/** The files that a `move` selects, and the failure of a `move` that selects none. */
import type { Copied } from "../../events/run.js";
import { excludesAll, missingParents, withoutQuotes } from "../../plan/patterns.js";
import { type Arguments, flagIn, isGiven, refused, textsIn } from "../argument.js";

/** rsync's filters. The first filter that matches decides. With `include` alone, nothing else is copied. */
export const filtersOf = (args: Arguments): readonly string[] => {
  const include = textsIn(args, "include").map(withoutQuotes);
  const given = textsIn(args, "exclude").map(withoutQuotes);
  const exclude = include.length > 0 && given.length === 0 ? ["*"] : given;
  // rsync does not look into a directory that is excluded, whatever is included below.
  const parents = excludesAll(exclude) ? missingParents(include) : [];
  return [
    ...[...parents, ...include].map((pattern) => `--include=${pattern}`),
    ...exclude.map((pattern) => `--exclude=${pattern}`),
  ];
};

/** Fails if a filter left nothing to copy: a `remove` that follows would lose the results. */
export const demandFiles = (args: Arguments, source: string, copied: Copied | undefined): void => {
  if (copied?.files !== 0 || flagIn(args, "allow_empty")) return;
  const filter = (["include", "exclude"] as const).find((name) => isGiven(args[name]));
  if (filter === undefined) return;
  const patterns = textsIn(args, filter).map((pattern) => `\`${pattern}\``);
  const why = `${filter === "include" ? "no file matches" : "no file is left by"} \`${filter}\` (${patterns.join(", ")})`;
  throw refused(source, `${why}, so nothing was copied; \`allow_empty: true\` allows that`);
};
