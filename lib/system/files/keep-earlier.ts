/** Keeps the output of an earlier try: the newest output has the plain name, each earlier one a number, in order of time. */
import { lstatSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname } from "node:path";

/**
 * Frees a name for new output: an earlier output `job.sh.out` becomes `job.sh.out.1`, the next one `job.sh.out.2`. A link is
 * removed, and its target stays. Throws the error of the file system.
 */
export const keepEarlier = (path: string): void => {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return;
  // Only a file is output. The removal of a directory fails, and says so.
  if (!status.isFile()) return rmSync(path);
  const start = `${basename(path)}.`;
  const numbers = readdirSync(dirname(path))
    .filter((name) => name.startsWith(start) && /^[1-9]\d*$/.test(name.slice(start.length)))
    .map((name) => Number(name.slice(start.length)));
  const last = numbers.reduce((greatest, number) => Math.max(greatest, number), 0);
  renameSync(path, `${path}.${last + 1}`);
};
