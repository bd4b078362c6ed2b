/** The run that a path belongs to. */
import { relative, sep } from "node:path";
import { isWithin } from "../plan/paths.js";
import type { Batch } from "../plan/plan.js";
import { realOf } from "../system/files/real-path.js";

/** The id of the run, in this batch, whose directory contains the path. Links in the path are resolved already. */
export const runAt = async (realPath: string, batch: Batch): Promise<string | undefined> => {
  const base = await realOf(batch.basedir);
  if (!isWithin(realPath, base)) return undefined;
  const [name = ""] = relative(base, realPath).split(sep);
  return idsOf(batch).has(name) ? name : undefined;
};

/** Cached: a lookup for one run must not go through all runs. */
const idsOf = (batch: Batch): ReadonlySet<string> => {
  let ids = known.get(batch);
  if (ids === undefined) {
    ids = new Set(batch.runs.map(({ id }) => id));
    known.set(batch, ids);
  }
  return ids;
};

const known = new WeakMap<Batch, ReadonlySet<string>>();
