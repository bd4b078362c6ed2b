/** The patterns of a `move`, as rsync reads them (rsync(1), FILTER RULES). */

/** An exclude of everything, which rsync needs so that an include selects anything. */
const EVERYTHING: ReadonlySet<string> = new Set(["*", "/*", "**", "***"]);

export const excludesAll = (exclude: readonly string[]): boolean => exclude.some((pattern) => EVERYTHING.has(pattern));

/**
 * The directories that rsync has to enter before it can reach what the pattern names: `out/` for `out/*.nc`. A `**`
 * matches slashes, so rsync has to enter every directory below that part.
 */
export const parentsOf = (pattern: string): readonly string[] => {
  // `out/***` names the directory `out` as well.
  const parts = pattern.replace(/\/(\*{3})?\/*$/, "").split("/");
  const parents = parts.flatMap((part, index) => {
    const before = parts
      .slice(0, index)
      .map((name) => `${name}/`)
      .join("");
    const deep = /^\*+$/.test(part) ? -1 : part.indexOf("**");
    return [
      ...(deep === -1 ? [] : [`${before}${part.slice(0, deep)}**/`]),
      ...(index < parts.length - 1 && part !== "" ? [`${before}${part}/`] : []),
    ];
  });
  return [...new Set(parents)].filter((parent) => parent !== pattern);
};

/** The parents of all patterns in a list that the list does not include itself. */
export const missingParents = (include: readonly string[]): readonly string[] => {
  const given = new Set(include);
  if (given.has("*/") || given.has("**/")) return [];
  return [...new Set(include.flatMap(parentsOf))].filter((parent) => !given.has(parent));
};

/** Removes quotes at the ends of a pattern, as the Python tool does. */
export const withoutQuotes = (pattern: string): string => pattern.replace(/^"+|"+$/g, "");
