/** Whose directory a path is in. */
import { realpath } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import type { Batch } from "../plan.js";
import { isWithin } from "./within.js";

/** The run of this batch in whose directory a path is. */
export const runAt = async (real: string, batch: Batch): Promise<string | undefined> => {
  const base = await realOf(batch.basedir);
  if (!isWithin(real, base)) return undefined;
  const [name = ""] = relative(base, real).split(sep);
  return idsOf(batch).has(name) ? name : undefined;
};

/** Looked up once a run: it must not take a look at all others each time. */
const idsOf = (batch: Batch): ReadonlySet<string> => {
  let ids = known.get(batch);
  if (ids === undefined) {
    ids = new Set(batch.runs.map(({ id }) => id));
    known.set(batch, ids);
  }
  return ids;
};

const known = new WeakMap<Batch, ReadonlySet<string>>();

/** Without links; a path where nothing is, as it stands. */
export const realOf = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));
