/** The compiled templates of a batch: each is read and parsed once, and again only when its file has changed. */
import { readFile } from "node:fs/promises";
import { join, normalize } from "node:path";
import type { Batch } from "../plan.js";
import { engineFor } from "./compile.js";
import { type Template, TemplateError } from "./engine.js";
import type { Entry } from "./tree.js";

export interface Compiled {
  /** As the configuration names it. */
  readonly name: string;
  readonly entry: Entry;
  /** Its text, for showing a line of it. */
  readonly text: string;
  readonly template: Template;
}

export type Compiler = (batch: Batch, name: string, entry: Entry) => Promise<Compiled>;

/** Throws a `TemplateError`, or what the file system says. */
export const openCompiler = (): Compiler => {
  const known = new Map<string, Compiled>();
  return async (batch, name, entry) => {
    const file = join(batch.templatedir, name);
    const key = `${batch.undefined} ${file}`;
    const before = known.get(key);
    if (before?.entry.signature === entry.signature) return { ...before, name, entry };
    const text = await readText(file);
    const options = { undefined: batch.undefined, roots: [batch.templatedir] };
    const compiled = { name, entry, text, template: engineFor(name)(text, options) };
    known.set(key, compiled);
    return compiled;
  };
};

/** The entry of a template in its directory. Links are no templates: rendering would write through them. */
export const entryOf = (name: string, tree: readonly Entry[]): Entry | undefined => {
  const path = normalize(name);
  return tree.find((entry) => entry.path === path);
};

const readText = async (file: string): Promise<string> => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (error) {
    if (error instanceof TypeError) throw new TemplateError("it is not UTF-8 text");
    throw error;
  }
};
