/** What may happen to an ensemble, in any order: the commands that a random story is made of. */
import fc from "fast-check";
import type { Ensemble, Run } from "../../lib/plan/plan.js";
import { runsOf } from "../support/virtual.js";
import type { Loss } from "./disk.js";

export type Command =
  | { readonly do: "start"; readonly accept: boolean }
  /** The program is killed, after so many more steps of it. */
  | { readonly do: "kill"; readonly steps: number }
  /** The machine falls, and takes with it what was not synced. */
  | { readonly do: "fall"; readonly loss: Loss; readonly lost: boolean }
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
  { weight: 1, arbitrary: fc.record({ do: fc.constant("fall" as const), loss: lossy, lost: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("tick" as const), ms: fc.integer({ min: 1, max: 900 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: "full" as const }) },
  { weight: 2, arbitrary: fc.constant({ do: "free" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "append" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "reorder" as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("change" as const), run: fc.nat(5) }) },
);

/** A configuration, as somebody edits it: its runs are told from each other by a variable. */
export interface Draft {
  readonly plan: Ensemble;
  /** The variable of each run of its batch, in order. */
  readonly values: readonly number[];
}

export const planOfDraft = ({ plan, values }: Draft): Ensemble => ({
  ...plan,
  batches: plan.batches.map((batch) => ({
    ...batch,
    runs: runsOf(batch.name, values.length).map((run, at): Run => ({ ...run, own: { value: values[at] ?? 0 } })),
  })),
});

/** The values stay different: two runs that are alike may stand for each other. */
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
