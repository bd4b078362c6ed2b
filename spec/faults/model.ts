/** The commands of a random story, each of which may happen to an ensemble at any time. */
import fc from "fast-check";
import type { Ensemble, Run } from "../../lib/plan/plan.js";
import { runsOf } from "../support/virtual.js";
import type { Loss } from "./disk.js";

export type Command =
  | { readonly do: "start"; readonly accept: boolean }
  /** The program is killed after `steps` more steps. */
  | { readonly do: "kill"; readonly steps: number }
  /** The machine crashes and loses what was not synced, and with `lost` also the traces of its commands. */
  | { readonly do: "crash"; readonly loss: Loss; readonly lost: boolean }
  | { readonly do: "tick"; readonly ms: number }
  | { readonly do: "full" }
  | { readonly do: "free" }
  | { readonly do: "append" }
  | { readonly do: "reorder" }
  | { readonly do: "change"; readonly run: number };

const lossy = fc.constantFrom<Loss>("unsynced", "torn", "zeros");

export const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("start" as const), accept: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("kill" as const), steps: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const), loss: lossy, lost: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("tick" as const), ms: fc.integer({ min: 1, max: 900 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: "full" as const }) },
  { weight: 2, arbitrary: fc.constant({ do: "free" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "append" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "reorder" as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("change" as const), run: fc.nat(5) }) },
);

/** A configuration that the user edits. Each run has a value of its own. */
export interface Draft {
  readonly plan: Ensemble;
  /** The values of the runs of the plan's one batch, in order. */
  readonly values: readonly number[];
}

export const planOfDraft = ({ plan, values }: Draft): Ensemble => ({
  ...plan,
  batches: plan.batches.map((batch) => ({
    ...batch,
    runs: runsOf(batch.name, values.length).map((run, at): Run => ({ ...run, own: { value: values[at] ?? 0 } })),
  })),
});

/** Applies an edit. Values stay distinct, because two equal runs could replace each other. */
export const edited = ({ plan, values }: Draft, edit: Command, fresh: number): Draft => {
  switch (edit.do) {
    case "append":
      return { plan, values: [...values, fresh] };
    case "reorder":
      return { plan, values: [...values.slice(1), ...values.slice(0, 1)] };
    case "change":
      return { plan, values: values.map((value, at) => (at === edit.run % values.length ? fresh : value)) };
    default:
      return { plan, values };
  }
};
