/** Sorts batches by `after`. */
import { didYouMean } from "../../diagnostics/suggest.js";
import type { Batch } from "../../plan/plan.js";
import type { Findings } from "../findings.js";
import type { Spot } from "../source.js";

export type BatchOrder = Pick<Batch, "name" | "after">;

/** Puts each batch after the batches it waits for, otherwise keeps the file order. Reports unknown names and cycles. */
export const orderBatches = <T extends BatchOrder>(
  batches: readonly T[],
  spot: (batch: T, index: number) => Spot,
  found: Findings,
): readonly T[] => {
  const byName = new Map(batches.toReversed().map((batch) => [batch.name, batch]));
  const sorted = new Set<T>();
  /** The batches on the way to the present one: each waits for the next. */
  const trail: T[] = [];
  const visit = (batch: T): void => {
    if (sorted.has(batch)) return;
    trail.push(batch);
    batch.after.forEach((name, index) => {
      const other = byName.get(name);
      const start = other === undefined ? -1 : trail.indexOf(other);
      if (other === undefined) {
        const others = [...byName.keys()].filter((known) => known !== batch.name);
        found.error("unknown-batch", `there is no batch \`${name}\`${didYouMean(name, others)}`, spot(batch, index));
      } else if (start !== -1) {
        const cycle = [...trail.slice(start), other].map((each) => `\`${each.name}\``).join(" after ");
        const message =
          start === trail.length - 1 ? "a batch cannot wait for itself" : `these batches wait for each other: ${cycle}`;
        found.error("circular-after", message, spot(batch, index));
      } else visit(other);
    });
    trail.pop();
    sorted.add(batch);
  };
  batches.forEach(visit);
  return [...sorted];
};
