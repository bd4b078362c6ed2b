/** Batches on their way into the plan: the keys of `batch_config` and their own put together, mistakes left out. */
import type { Batch } from "../../plan/plan.js";
import { has, isVariables, type Value, type Variables } from "../../plan/values.js";
import type { Findings } from "../findings.js";
import { BATCH_CONFIG, REQUIRED_KEYS } from "../schema/ensemble.js";
import type { Locations, Path } from "../yaml/locate.js";
import { type BatchContext, batchOf } from "./batch.js";

export interface Draft {
  readonly at: Path;
  readonly name: string;
  readonly after: readonly string[];
  /** Absent where something in it is not as the schema says. */
  readonly batch?: Batch;
  /** The path of one of its keys: its own, or that of `batch_config`. */
  readonly path: (key: string, ...rest: Path) => Path;
}

export interface DraftContext extends BatchContext {
  readonly locations: Locations;
  readonly found: Findings;
  /** Whether the schema has something against what stands there. */
  readonly isWrong: (path: Path) => boolean;
}

const CONFIG: Path = ["ensemble", "batch_config"];

/** One for each batch with a name. Keys that are missing are told. */
export const draftsOf = (batches: readonly Value[], config: Variables, context: DraftContext): readonly Draft[] => {
  // A mistake in `batch_config` is told there, and not once more for every batch.
  const defaults = Object.fromEntries(
    Object.entries(config).filter(
      ([key]) => Object.hasOwn(BATCH_CONFIG.shape, key) && !context.isWrong([...CONFIG, key]),
    ),
  );
  return batches.flatMap((own, index) => {
    if (!isVariables(own)) return [];
    const at: Path = ["ensemble", "batches", index];
    const name = own["name"];
    const who = typeof name === "string" ? `the batch \`${name}\`` : "a batch";
    const missing = REQUIRED_KEYS.filter((key) => !has(own, key) && !has(config, key));
    for (const key of missing) {
      const message = `${who} needs \`${key}\`, here or in \`batch_config\``;
      context.found.error("missing-key", message, context.locations.value(at));
    }
    if (typeof name !== "string") return [];
    const whole = { ...defaults, ...own };
    const usable = !context.isWrong(at) && REQUIRED_KEYS.every((key) => has(whole, key));
    return {
      at,
      name,
      after: textsIn(own["after"]),
      ...(usable && { batch: batchOf(whole, context) }),
      path: (key, ...rest) => [...(has(own, key) ? at : CONFIG), key, ...rest],
    };
  });
};

const textsIn = (value: Value | undefined): readonly string[] =>
  Array.isArray(value) ? (value as readonly Value[]).filter((item) => typeof item === "string") : [];
