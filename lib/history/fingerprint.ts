/** What tells runs from one another, whatever their place in the list: all that makes them compute what they compute. */
import { createHash } from "node:crypto";
import type { Batch, Ensemble } from "../plan/plan.js";
import type { Variables } from "../plan/values.js";

/**
 * The same plan with a digest for each batch, and a fingerprint for each run, which is that of its
 * variables and that digest. `templates`: what stands for those of a batch.
 */
export const fingerprinted = async (
  plan: Ensemble,
  templates: (batch: Batch) => Promise<string>,
): Promise<Ensemble> => {
  const batches = plan.batches.map(async (batch) => {
    // What tasks may yet change is no mark of a run.
    const sources = plan.pre_process.length + batch.pre_batch.length > 0 ? "" : await templates(batch);
    const digest = hashOf([batch.templates, batch.job_file, batch.pre_run, batch.post_run, sources]);
    const runs = batch.runs.map((run) => ({
      ...run,
      fingerprint: `${hashOf(telling({ ...batch.shared, ...run.own, ...batch.extra }))}.${digest}`,
    }));
    return { ...batch, digest, runs };
  });
  return { ...plan, batches: await Promise.all(batches) };
};

/** How many runs and jobs there are at once says nothing about any of them. */
const telling = ({ maxruns: _, maxjobs: __, ...variables }: Variables): Variables => variables;

const hashOf = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value, sorted)).digest("hex").slice(0, 16);

/** Keys in one order, whatever order they were written in. */
const sorted = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
