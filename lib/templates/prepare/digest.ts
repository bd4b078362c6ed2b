/** The digest of a batch's templates: with equal digests, equal variables render to equal files. */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join, normalize } from "node:path";
import type { Batch } from "../../plan/plan.js";
import { MAX_TEMPLATE_BYTES } from "../source.js";
import { loadedBy } from "./loaded-by.js";
import { readTree } from "./tree.js";

/**
 * Covers the templates, the job file, and the files that templates load, as they are in the template directory. A
 * missing file has a digest, too.
 */
export const digestOf = async ({ templatedir, templates, job_file }: Batch): Promise<string> => {
  const hash = createHash("sha256");
  const names = new Set([...templates, ...(job_file === undefined ? [] : [job_file])]);
  const known = new Set(Array.from(names, normalize));
  // A template may load files, which may load others: the loop also reads the names that it adds.
  for (const name of names) {
    const bytes = await contentOf(join(templatedir, name));
    hash.update(`${name}\0${bytes === undefined ? "-" : bytes.length}\0`);
    if (bytes === undefined) continue;
    hash.update(bytes);
    for (const loaded of await loadedNames(bytes, templatedir)) {
      if (known.has(loaded)) continue;
      known.add(loaded);
      names.add(loaded);
    }
  }
  return hash.digest("hex").slice(0, 16);
};

const contentOf = async (file: string): Promise<Buffer | undefined> => {
  const stats = await stat(file).catch(() => undefined);
  return stats?.isFile() === true ? readFile(file).catch(() => undefined) : undefined;
};

/** The files that a template may load. If the template computes a name, these are all files that can be templates. */
const loadedNames = async (bytes: Buffer, templatedir: string): Promise<readonly string[]> => {
  const names = bytes.length > MAX_TEMPLATE_BYTES ? [] : loadedBy(bytes.toString("utf8"));
  if (names !== "computed") return names;
  const tree = await readTree(templatedir).catch(() => undefined);
  return [...(tree?.values() ?? [])]
    .filter(({ kind, size }) => kind === "file" && size <= MAX_TEMPLATE_BYTES)
    .map(({ path }) => path);
};
