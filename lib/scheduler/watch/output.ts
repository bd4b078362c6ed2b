/** Finds the file with a job's output. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { OutputPattern } from "../dialect.js";

/** The newest file that matches: an array has one for each task. Undefined where there is none, or it cannot be seen. */
export const newestMatch = (pattern: OutputPattern | undefined): string | undefined => {
  if (pattern === undefined) return undefined;
  const { directory, file } = pattern;
  try {
    const found = readdirSync(directory)
      .filter((name) => file.test(name))
      .map((name) => join(directory, name))
      .map((path) => ({ path, status: statSync(path, { throwIfNoEntry: false }) }))
      .filter(({ status }) => status?.isFile() ?? false);
    return found.reduce<(typeof found)[number] | undefined>(
      (newest, one) => (newest !== undefined && mtimeOf(newest) >= mtimeOf(one) ? newest : one),
      undefined,
    )?.path;
  } catch {
    return undefined;
  }
};

const mtimeOf = ({ status }: { readonly status: { readonly mtimeMs: number } | undefined }): number =>
  status?.mtimeMs ?? 0;

/** A piece of a regular expression that matches this text alone. */
export const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
