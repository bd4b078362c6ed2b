/** Whether one path leads through another. */
import { sep } from "node:path";

/** Whether a path is a directory or stands in it. Both are absolute, and without links. */
export const isWithin = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
