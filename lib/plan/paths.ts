/** What can be said of paths without a look at the disk. */
import { sep } from "node:path";

/** Whether a path is a directory or stands in it. Both are absolute, and as short as can be. */
export const isWithin = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);

/** What the rendered file is called: `x.sh.j2` is rendered to `x.sh`, a template without such an ending to itself. */
export const outputOf = (template: string): string =>
  isSuffixOnly(template) ? template : template.replace(/\.(?:j2|liquid)$/, "");

/** Whether it is such as `.j2`, which has no other name to be rendered to. */
export const isSuffixOnly = (template: string): boolean => /(?:^|\/)\.(?:j2|liquid)$/.test(template);
