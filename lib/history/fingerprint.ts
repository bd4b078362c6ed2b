/** Fingerprints of runs: digests of all that determines what a run computes. A run's place in the list does not. */
import { createHash } from "node:crypto";
import type { Batch, Ensemble, ExecuteArguments, Task } from "../plan/plan.js";
import type { Variables } from "../plan/values.js";

/**
 * The same plan, in which each batch has a digest and each run a fingerprint: the digest of the run's variables, and the
 * digest of its batch. `templates`: returns the digest of a batch's templates.
 */
export const fingerprinted = async (
  plan: Ensemble,
  templates: (batch: Batch) => Promise<string>,
): Promise<Ensemble> => {
  const batches = plan.batches.map(async (batch) => {
    // Tasks may still change these templates, so the digest leaves them out.
    const sources = plan.pre_process.length + batch.pre_batch.length > 0 ? "" : await templates(batch);
    const [before, after] = [batch.pre_run, batch.post_run].map((tasks) => tasks.map(withoutRule));
    const digest = hashOf([batch.templates, batch.job_file, before, after, sources]);
    const runs = batch.runs.map((run) => ({
      ...run,
      fingerprint: `${hashOf(determining({ ...batch.shared, ...run.own, ...batch.extra }))}.${digest}`,
    }));
    return { ...batch, digest, runs };
  });
  return { ...plan, batches: await Promise.all(batches) };
};

/** Leaves out the limits of runs and jobs: they do not determine what a run computes. */
const determining = ({ maxruns: _, maxjobs: __, ...variables }: Variables): Variables => variables;

/** Leaves out whether a failure of the task is ignored: a run that has ended would compute the same. */
const withoutRule = ({ name, args, ...rest }: Task): object => {
  const { ignore_failure: _, ...determined } = args as ExecuteArguments;
  return { name, args: determined, ...rest };
};

const hashOf = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value, sorted)).digest("hex").slice(0, 16);

/** Sorts keys, so that their order in the file does not matter. JSON has no number for an integer beyond 2^53. */
const sorted = (_: string, value: unknown): unknown =>
  typeof value === "bigint"
    ? `\0${value}`
    : typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
