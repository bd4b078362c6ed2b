/** The partial templates of Liquid: only files inside the template directory, even if a name or a link leads out of it. */
import { readFileSync } from "node:fs";
import { dirname, extname, resolve, sep } from "node:path";
import type { LiquidOptions } from "liquidjs";
import { isInside, isTemplateFile } from "../source.js";
import { checkNesting } from "./nesting.js";

export interface Partials {
  readonly fs: NonNullable<LiquidOptions["fs"]>;
  /** The file that has this text: LiquidJS does not name the file in every error. */
  fileOf(text: string): string | undefined;
}

/** Reads files synchronously: LiquidJS renders synchronously only if all its file access is synchronous. */
export const openPartials = (): Partials => {
  const files = new Map<string, string>();
  const readNow = (file: string): string => {
    const text = readFileSync(file, "utf8");
    files.set(text, file);
    checkNesting(text);
    return text;
  };
  return {
    fs: {
      sep,
      dirname,
      resolve: (directory, file, extension) => resolve(directory, extname(file) === "" ? file + extension : file),
      containsSync: isInside,
      existsSync: isTemplateFile,
      readFileSync: readNow,
      contains: (root, file) => Promise.resolve(isInside(root, file)),
      exists: (file) => Promise.resolve(isTemplateFile(file)),
      readFile: (file) => Promise.resolve(readNow(file)),
    },
    fileOf: (text) => files.get(text),
  };
};
