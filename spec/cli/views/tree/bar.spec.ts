/** Specs of the progress of a batch. */
import { describe, expect, it } from "vitest";
import { progressOf } from "../../../../cli/views/tree/bar.js";
import { type BatchState, type Fact, initial, reduce } from "../../../../lib/index.js";
import { stamped, startedWith } from "../../../support/story.js";

const batch = "b";
const run = (index: number) => ({ batch, run: `b-${index}`, cycle: 1, attempt: 1 });

/** A batch of ten runs, after these facts. */
const after = (facts: readonly Fact[]): BatchState => {
  const state = initial();
  const all: readonly Fact[] = [
    startedWith({ batch, runs: 10, maxruns: 10, maxjobs: 10, after: [] }),
    { type: "batch.started", batch, runs: 10 },
    ...facts,
  ];
  for (const [seq, fact] of all.entries()) reduce(state, stamped(fact, seq, seq));
  return state.batches.get(batch) as BatchState;
};

const ended = (index: number): readonly Fact[] => [
  { type: "run.started", index, directory: `/b/b-${index}`, ...run(index) },
  { type: "run.finished", ok: true, elapsed_s: 1, ...run(index) },
];

describe("progress", () => {
  it("runs skipped by a stopping ensemble add no progress", () => {
    const facts: readonly Fact[] = [
      ...ended(0),
      ...ended(1),
      { type: "ensemble.stopping", how: "drain", message: "Ctrl-C" },
      ...Array.from(
        { length: 8 },
        (_, index): Fact => ({ type: "run.skipped", because: "stopping", ...run(index + 2) }),
      ),
    ];
    expect(progressOf(after(facts), 0)).toMatchObject({ ended: 2, percent: 20 });
  });

  it("runs skipped by the command line add progress", () => {
    const facts: readonly Fact[] = [{ type: "run.skipped", because: "skips", ...run(0) }, ...ended(1)];
    expect(progressOf(after(facts), 0)).toMatchObject({ ended: 2, percent: 20 });
  });
});
