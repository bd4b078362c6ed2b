/** Where `move` is told to bring things: another host, or a directory here that puts nothing at risk. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { isWithin } from "../plan/paths.js";
import type { Ensemble, Run } from "../plan/plan.js";
import { realOf } from "../system/files/real-path.js";
import { refused } from "./argument.js";
import { runAt } from "./run-at.js";

export interface Destination {
  /** As rsync wants it, with a slash at its end. */
  readonly target: string;
  /** Here, it has to be made first. */
  readonly local: boolean;
}

/** `<dest>/<id>`. A relative one here is relative to the directory that is copied. Fails as `refused`. */
export const destinationOf = async (dest: string, id: string, source: string): Promise<Destination> => {
  if (isRemote(dest)) {
    // ssh would take such a host for an option of its own.
    if (dest.startsWith("-")) throw refused(dest, "a host's name does not begin with `-`");
    return { target: `${dest.replace(/\/+$/, "")}${dest.endsWith(":") ? "" : "/"}${id}/`, local: false };
  }
  const target = join(resolve(source, expanded(dest)), id);
  const [from, to] = await Promise.all([realOf(source), realOf(target)]);
  if (isWithin(to, from)) throw refused(target, "it is the directory that is to be copied, or inside it");
  if (isWithin(from, to)) throw refused(target, "the directory that is to be copied is inside it");
  // An absolute path is never taken for a host's, whatever colons it has.
  return { target: `${target}/`, local: true };
};

/** What is copied into another run's directory goes when that does; in a template directory, it is in every run's. */
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

/** `host:path` and `user@host:path`. With a slash before the colon, it is a path here (rsync(1)). */
const isRemote = (dest: string): boolean => /^[^/]+:/.test(dest);

/** `~` and `$NAME` as a shell has them: the Python tool leaves them to one. Fails as `refused`. */
const expanded = (dest: string): string =>
  dest.replace(/^~(?=\/|$)/, homedir).replace(/\$(?:(\w+)|\{(\w+)\})/g, (written, plain?: string, braced?: string) => {
    const value = process.env[plain ?? braced ?? ""];
    if (value === undefined || value === "") throw refused(dest, `the environment has no ${written}`);
    return value;
  });
