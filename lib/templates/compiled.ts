/** The cache of compiled templates: reads and parses a template again only after its directory has changed. */
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize, resolve } from "node:path";
import type { Batch } from "../plan/plan.js";
import type { Template } from "./engine.js";
import { engineFor } from "./engines.js";
import { type Entry, signatureOf, type TemplateTree } from "./prepare/tree.js";
import { readTemplate } from "./source.js";

export interface Compiled {
  /** The template's name in the configuration. */
  readonly name: string;
  readonly file: string;
  readonly entry: Entry;
  /** The template's text, for showing a line of it. */
  readonly text: string;
  readonly template: Template;
}

/** Throws a `TemplateError`, or the file system's error. */
export type Compiler = (batch: Batch, name: string, entry: Entry, tree: TemplateTree) => Promise<Compiled>;

export const openCompiler = (): Compiler => {
  const known = new Map<string, { readonly signature: string; readonly compiled: Compiled }>();
  return async (batch, name, entry, tree) => {
    const file = (entry.kind === "file" ? entry.from : undefined) ?? join(batch.templatedir, entry.path);
    const key = `${batch.template_engine} ${batch.undefined} ${file}`;
    // The signature covers the target of a link, and the whole directory, since a template may include others.
    const signature = `${signatureOf(tree)}\0${entry.signature}`;
    const before = known.get(key);
    if (before?.signature === signature) return { ...before.compiled, name, entry };
    const text = await readTemplate(file);
    const files = () => [...tree.values()].filter(({ kind }) => kind !== "directory").map(({ path }) => path);
    const options = { undefined: batch.undefined, roots: [batch.templatedir], files };
    const compiled = { name, file, entry, text, template: engineFor(name, batch)(text, options) };
    known.set(key, { signature, compiled });
    return compiled;
  };
};

/** The entry of a template in the tree; undefined if its name leads out of the directory. */
export const entryOf = (name: string, tree: TemplateTree): Entry | undefined => {
  const { path, link } = throughLinks(name, tree);
  return link === undefined ? tree.get(path) : undefined;
};

/** The message about a template that is not in the tree, if a linked directory is the cause. */
export const behindLink = (name: string, tree: TemplateTree): string | undefined => {
  const { link } = throughLinks(name, tree);
  return (
    link &&
    `the template lies behind the symbolic link ${link.path}, which leads out of the template directory; all runs would write the rendered file to that one place. Make ${link.path} a directory: its files may be links`
  );
};

/** As many links as the kernel follows in one path (path_resolution(7)). */
const MAX_LINKS = 40;

/**
 * The path of a name with the linked directories above it replaced by the directories to which they lead in every run
 * directory as well; `link` is the first that leads elsewhere.
 */
const throughLinks = (
  name: string,
  tree: TemplateTree,
): { readonly path: string; readonly link?: Entry & { readonly kind: "link" } } => {
  let path = normalize(name);
  for (let followedLinks = 0; ; followedLinks++) {
    const parts = path.split("/");
    const above = parts.slice(0, -1).map((_, index) => tree.get(parts.slice(0, index + 1).join("/")));
    const index = above.findIndex((entry) => entry?.kind === "link");
    const link = above[index];
    if (link?.kind !== "link") return { path };
    const target = join(dirname(link.path), link.target);
    const leavesTree = isAbsolute(link.target) || target.split("/")[0] === "..";
    if (leavesTree || followedLinks === MAX_LINKS) return { path, link };
    path = join(target, ...parts.slice(index + 1));
  }
};

/**
 * The entry of a template, with links followed, as in the Python tool: many runs, or many ensembles, may share a
 * template. The rendered file is never a link. The Python tool reads a link after copying it, so a relative link starts
 * from the run directory; if nothing is there, it starts from the template directory.
 */
export const templateAt = async (batch: Batch, name: string, tree: TemplateTree): Promise<Entry | undefined> => {
  const entry = entryOf(name, tree);
  if (entry?.kind !== "link") return entry;
  // All run directories have the same depth, so the batch's name can replace a run's.
  const bases = [join(batch.basedir, batch.name), batch.templatedir];
  for (const base of bases) {
    const from = resolve(base, dirname(entry.path), entry.target);
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
