/** The guards of `remove`: they protect data from a mistake in a configuration. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Place } from "../effects/effects.js";
import { isWithin } from "../plan/paths.js";
import type { Ensemble } from "../plan/plan.js";
import { homeDirectory } from "../system/files/home.js";
import { realOf } from "../system/files/real-path.js";
import { refused } from "./argument.js";
import { runAt } from "./run-at.js";

/** Fails as `refused`. Only the last part of the path may be a link; the path need not exist. */
export const demandRemovable = async (real: string, plan: Ensemble, place: Place): Promise<void> => {
  for (const path of protectedPaths(plan)) {
    if (isWithin(await realOf(path), real)) throw refused(real, `it is ${path}, or contains it`);
  }
  const batches = place.batch === undefined ? plan.batches : [place.batch];
  const roots = await Promise.all(
    batches.flatMap(({ basedir, allow_remove }) => [basedir, ...allow_remove]).map(realOf),
  );
  if (!roots.some((root) => real !== root && isWithin(real, root))) {
    throw refused(real, "it is not below the `basedir` of the batch, nor below a directory of its `allow_remove`");
  }
  for (const batch of plan.batches) {
    const template = await realOf(batch.templatedir);
    if (isWithin(real, template)) throw refused(real, `it is part of the template directory ${batch.templatedir}`);
    const other = await runAt(real, batch);
    // A task of the batch itself may remove its runs.
    if (other !== undefined && place.run !== undefined && other !== place.run.id) {
      throw refused(real, `it belongs to another run, ${other}`);
    }
  }
  const mounted = (await mounts()).find((mount) => isWithin(mount, real));
  if (mounted !== undefined) throw refused(real, `another file system is mounted at ${mounted}`);
};

/** The paths that `remove` never removes. It removes no directory that contains such a path, either. */
const protectedPaths = (plan: Ensemble): ReadonlySet<string> => {
  const home = homeDirectory();
  return new Set([
    plan.directory,
    process.cwd(),
    ...(home === undefined ? [] : [home]),
    dirname(resolve(plan.directory, plan.configuration)),
    ...plan.batches.flatMap(({ basedir, templatedir }) => [basedir, templatedir]),
  ]);
};

/** The mount points, bind mounts included (proc(5)). Known on Linux only. */
const mounts = async (): Promise<readonly string[]> => {
  const table = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  return table.split("\n").map((line) =>
    // The file writes blanks as octal numbers.
    (line.split(" ")[4] ?? "").replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
  );
};
