/** The sentence about a variable that is not there. */

import { nearest } from "../diagnostics/suggest.js";
import { lookUp } from "../plan/references.js";
import { isVariables, type Variables } from "../plan/values.js";
import type { TemplateError } from "./engine.js";

/** The error's own message, with the variable that was probably meant. */
export const undefinedMessage = ({ message, undefinedPath }: TemplateError, variables: Variables): string => {
  const meant = undefinedPath && meantBy(undefinedPath, variables);
  return meant === undefined ? message : `${message}; did you mean "${meant}"?`;
};

/** The variable whose name is nearly the same, if there is one: `run.length`. */
export const meantBy = (path: readonly string[], variables: Variables): string | undefined => {
  const leading = path.slice(0, -1);
  const word = path.at(-1) ?? "";
  const parent = lookUp(variables, leading);
  // Every other name of one or two letters is nearly the same as such a one.
  const name = isVariables(parent) && word.length > 2 ? nearest(word, Object.keys(parent)) : undefined;
  return name === undefined ? undefined : ["run", ...leading, name].join(".");
};
