/** The order of batches that `after` asks for. */

import { didYouMean } from "../../diagnostics/suggest.js";
import type { Batch } from "../../plan/plan.js";
import type { Findings } from "../findings.js";
import type { Spot } from "../source.js";

export type BatchOrder = Pick<Batch, "name" | "after">;

/** The batches, each after those it waits for, otherwise in the order of the file. Unknown names and circles are told. */
export const orderBatches = <T extends BatchOrder>(
  batches: readonly T[],
  spot: (batch: T, index: number) => Spot,
  found: Findings,
): readonly T[] => {
  const named = new Map(batches.toReversed().map((batch) => [batch.name, batch]));
  const done = new Set<T>();
  const trail: T[] = [];
  const visit = (batch: T): void => {
    if (done.has(batch)) return;
    trail.push(batch);
    batch.after.forEach((name, index) => {
      const other = named.get(name);
      const start = other === undefined ? -1 : trail.indexOf(other);
      if (other === undefined) {
        const others = [...named.keys()].filter((known) => known !== batch.name);
        found.error("unknown-batch", `there is no batch \`${name}\`${didYouMean(name, others)}`, spot(batch, index));
      } else if (start !== -1) {
        const circle = [...trail.slice(start), other].map((each) => `\`${each.name}\``).join(" after ");
        const message =
          start === trail.length - 1
            ? "a batch cannot wait for itself"
            : `no batch of these can start first: ${circle}`;
        found.error("circular-after", message, spot(batch, index));
      } else visit(other);
    });
    trail.pop();
    done.add(batch);
  };
  batches.forEach(visit);
  return [...done];
};
