/** Notices files of a template directory that change while the ensemble runs: later runs get them otherwise than earlier ones. */
import type { Entry, TemplateTree } from "./tree.js";

/** A template that has been read. */
interface ReadTemplate {
  readonly entry: Entry;
  readonly text: string;
}

export interface TemplateChanges {
  /** Remembers the files of a batch as they are before its first run. */
  remember(batch: string, tree: TemplateTree, templates: readonly ReadTemplate[]): void;
  /**
   * The files, relative to the template directory, that are otherwise now than in any earlier call. Two runs may be made
   * at once, and the one that has read the older file may end last.
   */
  since(batch: string, tree: TemplateTree, templates: readonly ReadTemplate[]): readonly string[];
}

export const openChanges = (): TemplateChanges => {
  const batches = new Map<string, { readonly first: Map<string, string>; readonly later: Set<string> }>();
  const since: TemplateChanges["since"] = (batch, tree, templates) => {
    const { first, later } = batches.get(batch) ?? { first: new Map<string, string>(), later: new Set<string>() };
    batches.set(batch, { first, later });
    const texts = new Map(templates.map(({ entry, text }) => [entry.path, text]));
    const changed: string[] = [];
    for (const { path, ...entry } of tree.values()) {
      const version = texts.get(path) ?? versionOf(entry);
      if (version === undefined || first.get(path) === version || later.has(`${path}\0${version}`)) continue;
      // A file that is new is none that earlier runs have got otherwise.
      if (first.has(path)) {
        changed.push(path);
        later.add(`${path}\0${version}`);
      } else first.set(path, version);
    }
    return changed;
  };
  return {
    remember: (batch, tree, templates) => {
      if (!batches.has(batch)) since(batch, tree, templates);
    },
    since,
  };
};

/** Files that are copied may be too large to be read for this, so their size and time decide. */
const versionOf = (entry: Omit<Entry, "path">): string | undefined => {
  if (entry.kind === "file") return `${entry.size}:${entry.mtime}`;
  return entry.kind === "link" && "target" in entry ? String(entry.target) : undefined;
};
