/** The message about an undefined variable. */
import { nearest } from "../diagnostics/suggest.js";
import { lookUp } from "../plan/references.js";
import { isVariables, type Variables } from "../plan/values.js";
import type { TemplateError } from "./engine.js";

/** The error's message, with the variable that the user probably meant. */
export const undefinedMessage = ({ message, undefinedPath }: TemplateError, variables: Variables): string => {
  const meant = undefinedPath && suggestionFor(undefinedPath, variables);
  return meant === undefined ? message : `${message}; did you mean "${meant}"?`;
};

/** The defined variable whose name is most similar, such as `run.length`; undefined if no name is similar. */
export const suggestionFor = (path: readonly string[], variables: Variables): string | undefined => {
  const leading = path.slice(0, -1);
  const word = path.at(-1) ?? "";
  const parent = lookUp(variables, leading);
  // A name of one or two letters is similar to every other short name.
  const name = isVariables(parent) && word.length > 2 ? nearest(word, Object.keys(parent)) : undefined;
  return name === undefined ? undefined : ["run", ...leading, name].join(".");
};
