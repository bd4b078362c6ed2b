/** Brings the fingerprints of earlier versions in a journal up to date, so that an unchanged configuration still matches. */
import type { Batch, Run } from "../plan/plan.js";
import { formerVariablesDigest, isFormerDigest, variablesDigest } from "./fingerprint.js";
import type { BatchHistory } from "./history.js";

/** Changes the fingerprints in `known`, in place. One that fits no run of the batch stays as it is. */
export const updateFingerprints = (batch: Batch, known: BatchHistory): void => {
  const former = [...known.runs.values()].filter(({ fingerprint = "" }) => isFormerDigest(partsOf(fingerprint)[0]));
  if (former.length === 0) return;
  const alike = new Map<string, Run[]>();
  for (const run of batch.runs) {
    const digest = formerVariablesDigest(batch, run);
    const same = alike.get(digest);
    if (same === undefined) alike.set(digest, [run]);
    else same.push(run);
  }
  for (const before of former) {
    const [variables, rest] = partsOf(before.fingerprint ?? "");
    const runs = alike.get(variables) ?? [];
    const run = runs.find(({ index }) => index === before.index) ?? runs[0];
    if (run !== undefined) before.fingerprint = `${variablesDigest(batch, run)}${rest}`;
  }
};

/** The digest of the variables; and the rest, from the dot on. */
const partsOf = (fingerprint: string): readonly [variables: string, rest: string] => {
  const [variables = ""] = fingerprint.split(".", 1);
  return [variables, fingerprint.slice(variables.length)];
};
