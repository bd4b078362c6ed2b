/** The destination of `move`: another host, or a local directory that puts no data at risk. */
import { join } from "node:path";
import { isRemote, unsupportedIn, withVariables } from "../../plan/expansion.js";
import { isWithin } from "../../plan/paths.js";
import type { Ensemble, Run } from "../../plan/plan.js";
import { homeDirectory } from "../../system/files/home.js";
import { reachedFrom, realOf } from "../../system/files/real-path.js";
import { refused } from "../argument.js";
import { runAt } from "../run-at.js";

export interface Destination {
  /** For rsync, with a slash at the end. */
  readonly target: string;
  /** Whether the target is a local directory, which has to be made first. */
  readonly local: boolean;
}

/** `<dest>/<id>`. A relative local path is relative to the directory that is copied. Fails as `refused`. */
export const destinationOf = async (written: string, id: string, source: string): Promise<Destination> => {
  const dest = expanded(written);
  if (isRemote(dest)) {
    // ssh would take such a host for an option.
    if (dest.startsWith("-")) throw refused(dest, "the name of a host cannot start with `-`");
    return { target: `${dest.replace(/\/+$/, "")}${dest.endsWith(":") ? "" : "/"}${id}/`, local: false };
  }
  const target = localPath(dest, id, source);
  const [from, to] = await Promise.all([realOf(source), realOf(target)]);
  if (isWithin(to, from)) throw refused(target, "it is the directory to copy, or inside it");
  if (isWithin(from, to)) throw refused(target, "the directory to copy is inside it");
  // rsync never takes an absolute path for a host, even if it has colons.
  return { target: `${target}/`, local: true };
};

/** The local directory of a `dest`; undefined if it is on another host. Fails as `refused`. */
export const localTarget = (written: string, id: string, source: string): string | undefined => {
  const dest = expanded(written);
  return isRemote(dest) ? undefined : localPath(dest, id, source);
};

const localPath = (dest: string, id: string, source: string): string => join(reachedFrom(source, dest), id);

/**
 * Refuses a target in another run's directory, because the copy would be removed with that run, and a target in the
 * template directory, because every run would get the copy.
 */
export const demandApart = async (target: string, plan: Ensemble, run: Run): Promise<void> => {
  const to = await realOf(target);
  for (const batch of plan.batches) {
    if (isWithin(to, await realOf(batch.templatedir))) {
      throw refused(target, `it is in the template directory ${batch.templatedir}`);
    }
    const other = await runAt(to, batch);
    if (other !== undefined && other !== run.id)
      throw refused(target, `it is in the directory of another run, ${other}`);
  }
};

/** The destination as a shell reads it: the Python tool runs rsync in a shell. Fails as `refused`. */
const expanded = (dest: string): string => {
  const unsupported = unsupportedIn(dest);
  if (unsupported !== undefined) throw refused(dest, `\`${unsupported}\` is not expanded here`);
  return withVariables(
    dest.replace(/^~(?=\/|$)/, () => home(dest)),
    process.env,
    (written) => {
      throw refused(dest, `the environment has no ${written}`);
    },
  );
};

const home = (dest: string): string => {
  const directory = homeDirectory();
  if (directory === undefined) throw refused(dest, "`~` has no meaning: no home directory of this user is known");
  return directory;
};
