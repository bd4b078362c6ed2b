/** The compiled templates of a batch: each is read and parsed once, and again only when its directory has changed. */
import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname, join, normalize, resolve } from "node:path";
import type { Batch } from "../plan/plan.js";
import { type Template, TemplateError } from "./engine.js";
import { engineFor } from "./engines.js";
import { type Entry, signatureOf, type TemplateTree } from "./prepare/tree.js";

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
export type Compiler = (batch: Batch, name: string, entry: Entry, tree: TemplateTree) => Promise<Compiled>;

export const openCompiler = (): Compiler => {
  const known = new Map<string, { readonly signature: string; readonly compiled: Compiled }>();
  return async (batch, name, entry, tree) => {
    const file = (entry.kind === "file" ? entry.from : undefined) ?? join(batch.templatedir, entry.path);
    const key = `${batch.template_engine} ${batch.undefined} ${file}`;
    // Of the whole directory, since a template may take in others from it; and of the file that a link leads to.
    const signature = `${signatureOf(tree)}\0${entry.signature}`;
    const before = known.get(key);
    if (before?.signature === signature) return { ...before.compiled, name, entry };
    const text = await readTemplate(file);
    const options = { undefined: batch.undefined, roots: [batch.templatedir] };
    const compiled = { name, file, entry, text, template: engineFor(name, batch)(text, options) };
    known.set(key, { signature, compiled });
    return compiled;
  };
};

/** The entry of a template in its directory. There is none where its name leads out of it, or through a link. */
export const entryOf = (name: string, tree: TemplateTree): Entry | undefined => tree.get(normalize(name));

/**
 * The file that a template is. A link to one is read through, as the Python tool does: many runs, or many ensembles, may
 * share a template. What it is rendered to is a file of its own. There the link has been copied before it is read, so a
 * relative one leads on from the run directory; where nothing is found so, it leads on from the template directory.
 */
export const templateAt = async (batch: Batch, name: string, tree: TemplateTree): Promise<Entry | undefined> => {
  const entry = entryOf(name, tree);
  if (entry?.kind !== "link") return entry;
  // Every run directory is as deep as any other.
  const homes = [join(batch.basedir, batch.name), batch.templatedir];
  for (const home of homes) {
    const from = resolve(home, dirname(entry.path), entry.target);
    const stats = await stat(from).catch(() => undefined);
    if (stats?.isFile()) return followed(entry, from, stats);
  }
  return entry;
};

const followed = (entry: Entry, from: string, stats: Stats): Entry => {
  const { dev, ino, size, mtimeMs, ctimeMs } = stats;
  const signature = `${entry.signature}:${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`;
  return { ...entry, kind: "file", from, mode: stats.mode & 0o7777, signature };
};

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
