/** Reads the texts of templates, and of the templates that they load. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { sep } from "node:path";
import { TemplateError } from "./engine.js";

/** A larger file is no template. */
export const MAX_TEMPLATE_BYTES = 10_000_000;

/** Throws a `TemplateError`, or the file system's error. */
export const readTemplate = async (file: string): Promise<string> => {
  refuseLarge((await stat(file)).size);
  return decoded(await readFile(file));
};

/** The same at once: an engine that renders synchronously loads other templates while it renders. */
export const readTemplateSync = (file: string): string => {
  refuseLarge(statSync(file).size);
  return decoded(readFileSync(file));
};

const refuseLarge = (size: number): void => {
  if (size > MAX_TEMPLATE_BYTES)
    throw new TemplateError(`the file is too large for a template: more than ${MAX_TEMPLATE_BYTES / 1e6} MB`);
};

const decoded = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw new TemplateError("the file is not UTF-8 text");
    throw error;
  }
};

export const isTemplateFile = (file: string): boolean => {
  try {
    return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    // A part of the path is no directory, may not be read, or is no name that a file can have.
    return false;
  }
};

/** Whether a file is in a directory, with all links followed. */
export const isInside = (directory: string, file: string): boolean => {
  try {
    return realpathSync(file).startsWith(realpathSync(directory) + sep);
  } catch {
    return false;
  }
};
