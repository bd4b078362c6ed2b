/** The message about templates that another template names and that are not there. */
import { basename, extname } from "node:path";
import { didYouMean } from "../diagnostics/suggest.js";
import type { CompileOptions } from "./engine.js";

/** The parts of a template's name, as Jinja2's FileSystemLoader reads it. */
export const partsOf = (name: string): readonly string[] =>
  name.split("/").filter((part) => part !== "" && part !== ".");

/** Whether a name would lead upwards. The loader finds no template of such a name. */
export const isUpward = (name: string): boolean => partsOf(name).includes("..");

/** Makes the message for the names of which no template exists. Remembers it: it may be the same for thousands of runs. */
export const absence = ({ files }: CompileOptions): ((names: readonly string[]) => string) => {
  const known = new Map<string, string>();
  return (names) => {
    const key = names.join("\0");
    const message = known.get(key) ?? messageFor(names, [...(files?.() ?? [])]);
    known.set(key, message);
    return message;
  };
};

const messageFor = ([first, ...others]: readonly string[], files: readonly string[]): string => {
  if (first === undefined) return "the list of templates is empty";
  if (others.length > 0)
    return `the template directory has none of the templates ${[first, ...others].map((name) => `"${name}"`).join(", ")}`;
  if (files.includes(partsOf(first).join("/")))
    return `"${first}" in the template directory is no file, and no link that leads to one`;
  const hint = isUpward(first) ? ": a name may not contain `..`" : suggested(first, files);
  return `there is no template "${first}" in the template directory${hint}`;
};

/** The file with the most similar name, or a file in another directory, or with another ending. */
const suggested = (name: string, files: readonly string[]): string => {
  const similar = didYouMean(name, files);
  if (similar !== "") return similar;
  const wanted = basename(name);
  const same = files.find((file) => basename(file) === wanted || basename(file, extname(file)) === wanted);
  return same === undefined ? "" : `; did you mean "${same}"?`;
};
