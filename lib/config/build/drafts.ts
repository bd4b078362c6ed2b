/** Drafts of batches: each batch's own keys merged with those of `batch_config`, without the keys that are wrong. */
import type { Batch } from "../../plan/plan.js";
import { has, isVariables, type Value, type Variables } from "../../plan/values.js";
import type { Findings } from "../findings.js";
import { BATCH_CONFIG, type CompleteBatch, REQUIRED_KEYS } from "../schema/ensemble.js";
import { toPlain } from "../schema/plain.js";
import type { Locations, Path } from "../yaml/locate.js";
import { type BatchContext, batchOf, namesIn } from "./batch.js";

export interface Draft {
  readonly at: Path;
  readonly name: string;
  readonly after: readonly string[];
  /** Absent if one of the batch's keys is missing or wrong. */
  readonly batch?: Batch;
  /** The path of one of the batch's keys: in the batch, or else in `batch_config`. */
  readonly path: (key: string, ...rest: Path) => Path;
}

export interface DraftContext extends BatchContext {
  readonly locations: Locations;
  readonly found: Findings;
  /** Whether the schema rejects the value at a path, or a part of it. */
  readonly isWrong: (path: Path) => boolean;
}

const CONFIG: Path = ["ensemble", "batch_config"];

/** One draft for each batch with a name. Missing keys are reported. */
export const draftsOf = (batches: readonly Value[], config: Variables, context: DraftContext): readonly Draft[] => {
  // A mistake in `batch_config` is reported there, and not once more for every batch.
  const defaults = Object.fromEntries(
    Object.entries(config).filter(
      ([key]) => Object.hasOwn(BATCH_CONFIG.shape, key) && !context.isWrong([...CONFIG, key]),
    ),
  );
  return batches.flatMap((own, index) => {
    if (!isVariables(own)) return [];
    const at: Path = ["ensemble", "batches", index];
    const name = own["name"];
    const owner = typeof name === "string" ? `the batch \`${name}\`` : "a batch";
    const missing = REQUIRED_KEYS.filter((key) => !has(own, key) && !has(config, key));
    for (const key of missing) {
      const message = `${owner} needs \`${key}\`, here or in \`batch_config\``;
      context.found.error("missing-key", message, context.locations.value(at));
    }
    if (typeof name !== "string") return [];
    const merged = { ...defaults, ...own };
    const usable = !context.isWrong(at) && REQUIRED_KEYS.every((key) => has(merged, key));
    return {
      at,
      name,
      after: context.isWrong([...at, "after"]) ? [] : namesIn(toPlain(own["after"] ?? []) as CompleteBatch["after"]),
      ...(usable && { batch: batchOf(merged, context) }),
      path: (key, ...rest) => [...(has(own, key) ? at : CONFIG), key, ...rest],
    };
  });
};
