/** The digest of a batch's templates: with equal digests, equal variables render to equal files. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Batch } from "../../plan/plan.js";

/** Covers the templates and the job file as they are in the template directory. A missing file has a digest, too. */
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
