/** Fingerprints of runs: digests of all that determines what a run computes. A run's place in the list does not. */
import { createHash } from "node:crypto";
import type { Batch, Ensemble, ExecuteArguments, Run, Task } from "../plan/plan.js";
import { isNumeric, isVariables, pairsOf, Timestamp, type Value, type Variables } from "../plan/values.js";

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
    const runs = batch.runs.map((run) => ({ ...run, fingerprint: `${variablesDigest(batch, run)}.${digest}` }));
    return { ...batch, digest, runs };
  });
  return { ...plan, batches: await Promise.all(batches) };
};

/** The part of a fingerprint that is the digest of a run's variables, with the version of this digest in front. */
export const variablesDigest = (batch: Batch, run: Run): string =>
  `2-${shortHash(
    Object.entries(determining(batch, run))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${JSON.stringify(name)}:${printed(value)}`)
      .join(),
  )}`;

/** The same digest in journals of version 1, which neither tells 20 from 20.0 nor knows the order in a mapping. */
export const formerVariablesDigest = (batch: Batch, run: Run): string => hashOf(determining(batch, run));

export const isFormerDigest = (digest: string): boolean => /^[0-9a-f]{16}$/.test(digest);

/** Leaves out the limits of runs and jobs: they do not determine what a run computes. */
const determining = ({ shared, extra }: Batch, { own }: Run): Variables => {
  const { maxruns: _, maxjobs: __, ...variables }: Variables = { ...shared, ...own, ...extra };
  return variables;
};

/**
 * A text that differs wherever a template can print something else: 20 and 20.0, a date and a string, the order in a
 * mapping.
 */
const printed = (value: Value): string => {
  if (isNumeric(value)) return value.toString();
  if (value instanceof Timestamp) return `date ${value.text}`;
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(printed).join()}]`;
  if (isVariables(value))
    return `{${pairsOf(value)
      .map((pair) => pair.map(printed).join(":"))
      .join()}}`;
  return JSON.stringify(value);
};

/** Leaves out whether a failure of the task is ignored: a run that has ended would compute the same. */
const withoutRule = ({ name, args, ...rest }: Task): object => {
  const { ignore_failure: _, ...determined } = args as ExecuteArguments;
  return { name, args: determined, ...rest };
};

const hashOf = (value: unknown): string => shortHash(JSON.stringify(value, sorted));

const shortHash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** Sorts keys, so that their order in the file does not matter. JSON has no number for an integer beyond 2^53. */
const sorted = (_: string, value: unknown): unknown =>
  typeof value === "bigint"
    ? `\0${value}`
    : typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
