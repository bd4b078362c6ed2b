/** Rules for paths that do not touch the disk. */
import { join, relative, sep } from "node:path";

/** Whether a path is a directory or lies in it. Both are absolute and normalized. */
export const isWithin = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);

/** A path in one directory as the same path in another; other paths stay as they are. */
export const rebased = (path: string, from: string, to: string): string =>
  isWithin(path, from) ? join(to, relative(from, path)) : path;

/** The name of the rendered file: `x.sh.j2` becomes `x.sh`; a template without such a suffix keeps its name. */
export const outputOf = (template: string): string =>
  isSuffixOnly(template) ? template : template.replace(/\.(?:j2|liquid)$/, "");

/** Whether a template's name is a suffix alone, such as `.j2`: the rendered file would have no name. */
export const isSuffixOnly = (template: string): boolean => /(?:^|\/)\.(?:j2|liquid)$/.test(template);
