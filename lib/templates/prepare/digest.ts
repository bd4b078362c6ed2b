/** What stands for the templates of a batch: two that have the same digest render the same. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Batch } from "../../plan/plan.js";

/** Of the templates and the job file, as they are in the template directory; those that are not there count as nothing. */
export const digestOf = async ({ templatedir, templates, job_file }: Batch): Promise<string> => {
  const hash = createHash("sha256");
  const names = [...new Set([...templates, ...(job_file === undefined ? [] : [job_file])])];
  for (const name of names) {
    const bytes = await readFile(join(templatedir, name)).catch(() => undefined);
    hash.update(`${name}\0${bytes === undefined ? "-" : bytes.length}\0`);
    if (bytes !== undefined) hash.update(bytes);
  }
  return hash.digest("hex").slice(0, 16);
};
