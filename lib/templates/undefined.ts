/** The sentence about a variable that is not there. */
import { lookUp } from "../reference.js";
import { didYouMean } from "../suggest.js";
import { isVariables, type Variables } from "../values.js";
import type { TemplateError } from "./engine.js";

/** The error's own message, with the name that was probably meant. */
export const undefinedMessage = ({ message, undefinedPath }: TemplateError, variables: Variables): string => {
  if (undefinedPath === undefined) return message;
  const parent = undefinedPath.length > 1 ? lookUp(variables, undefinedPath.slice(0, -1)) : variables;
  const last = undefinedPath.at(-1) ?? "";
  return message + (isVariables(parent) ? didYouMean(last, Object.keys(parent)) : "");
};
