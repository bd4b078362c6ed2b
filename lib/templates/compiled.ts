/** The compiled templates of a batch: each is read and parsed once, and again only when its directory has changed. */
import { readFile, stat } from "node:fs/promises";
import { join, normalize } from "node:path";
import type { Batch } from "../plan.js";
import { engineFor } from "./compile.js";
import { type Template, TemplateError } from "./engine.js";
import { type Entry, signatureOf, type Tree } from "./tree.js";

export interface Compiled {
  /** As the configuration names it. */
  readonly name: string;
  readonly file: string;
  readonly entry: Entry;
  /** Its text, for showing a line of it. */
  readonly text: string;
  readonly template: Template;
}

/** Throws a `TemplateError`, or what the file system says. */
export type Compiler = (batch: Batch, name: string, entry: Entry, tree: Tree) => Promise<Compiled>;

export const openCompiler = (): Compiler => {
  const known = new Map<string, { readonly signature: string; readonly compiled: Compiled }>();
  return async (batch, name, entry, tree) => {
    const file = join(batch.templatedir, entry.path);
    const key = `${batch.undefined} ${file}`;
    // Of the whole directory, since a template may take in others from it.
    const signature = signatureOf(tree);
    const before = known.get(key);
    if (before?.signature === signature) return { ...before.compiled, name, entry };
    const text = await readTemplate(file);
    const options = { undefined: batch.undefined, roots: [batch.templatedir] };
    const compiled = { name, file, entry, text, template: engineFor(name)(text, options) };
    known.set(key, { signature, compiled });
    return compiled;
  };
};

/** The entry of a template in its directory. There is none where its name leads out of it, or through a link. */
export const entryOf = (name: string, tree: Tree): Entry | undefined => tree.get(normalize(name));

const LARGEST = 10_000_000;

const readTemplate = async (file: string): Promise<string> => {
  const { size } = await stat(file);
  if (size > LARGEST) throw new TemplateError(`it is too large for a template: more than ${LARGEST / 1e6} MB`);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  } catch (error) {
    if (error instanceof TypeError) throw new TemplateError("it is not UTF-8 text");
    throw error;
  }
};
