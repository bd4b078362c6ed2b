/** `remove`: removes a directory, by default the run's. What it must never remove, it refuses. */
import { lstat, realpath, rename, rm, stat, unlink } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";
import { defer, type Observable } from "rxjs";
import type { Look, Place } from "../effects.js";
import { Abandon } from "../failure.js";
import { codeOf, failureAt } from "../world/errors.js";
import { wordOf } from "./argument.js";
import type { Tools } from "./tools.js";

/** What is gone already is fine. Fails as `refused`, `directory` or `storage`. */
export const remove = (tools: Tools, words: { readonly directory?: unknown }, place: Place): Observable<Look> =>
  defer(async () => {
    const named = words.directory === undefined ? place.directory : wordOf("directory", words.directory);
    const path = resolve(place.directory, named);
    try {
      await removeAt(path, tools, place);
    } catch (error) {
      if (error instanceof Abandon) throw error;
      if (codeOf(error) !== "ENOENT") throw new Abandon(failureAt(path, error));
    }
    return { holds: true as const };
  });

const removeAt = async (path: string, tools: Tools, place: Place): Promise<void> => {
  const stats = await lstat(path);
  // The parent's links are followed, so that what is compared below is what would be removed.
  const real = join(await realpath(dirname(path)), basename(path));
  await demandRemovable(real, tools, place);
  if (stats.isSymbolicLink()) return unlink(real);
  if (!stats.isDirectory()) throw refused(path, "it is not a directory");
  if (stats.dev !== (await stat(dirname(real))).dev) throw refused(path, "another file system is mounted there");
  // Renamed first: whoever looks at the old name never meets half a directory.
  const trash = join(dirname(real), `.trash-${basename(real)}-${process.pid}-${Date.now()}`);
  await rename(real, trash);
  await rm(trash, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
};

/** Below the batch's base directory, or a directory of `allow_remove`; and nothing that others stand on. */
const demandRemovable = async (real: string, { plan }: Tools, { batch, run }: Place): Promise<void> => {
  const kept = [
    plan.directory,
    homedir(),
    ...plan.batches.flatMap(({ basedir, templatedir }) => [basedir, templatedir]),
  ];
  for (const path of kept) {
    if (isWithin(await realOf(path), real)) throw refused(real, `${path} is that directory, or stands in it`);
  }
  for (const path of plan.batches.map(({ templatedir }) => templatedir)) {
    if (isWithin(real, await realOf(path))) throw refused(real, `it is part of the template directory ${path}`);
  }
  const allowed = batch === undefined ? [] : [batch.basedir, ...batch.allow_remove];
  const roots = await Promise.all(allowed.map(realOf));
  if (!roots.some((root) => real !== root && isWithin(real, root))) {
    throw refused(real, "it is not below the batch's basedir, nor below a directory of `allow_remove`");
  }
  const other = plan.batches
    .flatMap(({ runs }) => runs)
    .find(({ directory, id }) => id !== run?.id && isWithin(directory, real));
  if (other !== undefined && run !== undefined) throw refused(real, `it is the directory of another run, ${other.id}`);
};

const isWithin = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);

const realOf = (path: string): Promise<string> => realpath(path).catch(() => path);

const refused = (path: string, message: string): Abandon => new Abandon({ reason: "refused", path, message });
