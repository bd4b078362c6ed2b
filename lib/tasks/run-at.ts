/** The run that a path belongs to. */
import { relative, sep } from "node:path";
import { isWithin } from "../plan/paths.js";
import type { Batch } from "../plan/plan.js";
import { realOf } from "../system/files/real-path.js";

/** The id of the run of this batch whose directory contains the path. */
export const runAt = async (real: string, batch: Batch): Promise<string | undefined> => {
  const base = await realOf(batch.basedir);
  if (!isWithin(real, base)) return undefined;
  const [name = ""] = relative(base, real).split(sep);
  return idsOf(batch).has(name) ? name : undefined;
};

/** Cached: a lookup for one run must not go through all the others. */
const idsOf = (batch: Batch): ReadonlySet<string> => {
  let ids = known.get(batch);
  if (ids === undefined) {
    ids = new Set(batch.runs.map(({ id }) => id));
    known.set(batch, ids);
  }
  return ids;
};

const known = new WeakMap<Batch, ReadonlySet<string>>();
