/** A plan compared with the history of its journal: finished runs are never repeated, even if their order changes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fact } from "../../lib/events/event.js";
import type { Failure } from "../../lib/events/failure.js";
import { conflictIn } from "../../lib/history/conflict.js";
import { emptyHistory, type History } from "../../lib/history/history.js";
import { reduceHistory } from "../../lib/history/reduce.js";
import { type Resuming, resume } from "../../lib/history/resume.js";
import type { Batch, Run } from "../../lib/plan/plan.js";
import { startedWith } from "../support/story.js";
import { batchOf, planOf, settingsOf } from "../support/virtual.js";

/** Runs, each with a letter as its fingerprint. */
const runs = (letters: string): readonly Run[] =>
  Array.from(letters).map((letter, index) => ({
    ...{ id: `b-${index}`, index, directory: `/scratch/b-${index}`, own: {}, fingerprint: letter },
  }));
const planned = (letters: string, over: Partial<Omit<Batch, "runs">> = {}) =>
  planOf([{ ...batchOf({ digest: "d", ...over }), runs: runs(letters) }]);

const idsOf = (index: number, cycle = 1, attempt = 1) => ({ batch: "b", run: `b-${index}`, cycle, attempt });
const LOST: Failure = { reason: "job", cause: "lost" };

/** A history of runs. In `how`, `s` means succeeded, `f` failed, `p` in progress, and any other letter not started. */
const history = (letters: string, how: string, more: readonly Fact[] = []): History => {
  const past = emptyHistory();
  const known = { batch: "b", runs: letters.length, maxruns: 1, maxjobs: 1, after: [], digest: "d" };
  reduceHistory(past, startedWith(known));
  Array.from(letters).forEach((fingerprint, index) => {
    if (!"sfp".includes(how[index] ?? "")) return;
    const directory = `/scratch/b-${index}`;
    reduceHistory(past, { type: "run.started", index, directory, fingerprint, ...idsOf(index) });
    const finished = { type: "run.finished", elapsed_s: 1, ...idsOf(index) } as const;
    if (how[index] === "s") reduceHistory(past, { ...finished, ok: true });
    if (how[index] === "f") reduceHistory(past, { ...finished, ok: false, failure: LOST });
  });
  for (const fact of more) reduceHistory(past, fact);
  return past;
};
const DONE: Fact = { type: "batch.finished", batch: "b", cycles: 1, ok: true, elapsed_s: 1 };
const resumed = (plan: ReturnType<typeof planned>, past: History, retry: Resuming["retry"] = false) =>
  resume(plan, past, { settings: settingsOf(), retry });

/** The letters of the runs that are still due. */
const due = ({ plan, past }: ReturnType<typeof resumed>): string => {
  const known = past.batches.get("b");
  if (known?.finished?.ok) return "";
  return plan.batches[0]!.runs.filter(({ index }) => known?.runs.get(index)?.end === undefined)
    .map(({ fingerprint }) => fingerprint)
    .join("");
};

describe("resume", () => {
  it("a resumed ensemble leaves finished runs alone and continues the others", () => {
    const found = resumed(planned("abcd"), history("abcd", "sfp-"));
    expect(due(found)).toBe("cd");
    expect(found.changes).toMatchObject({ unchanged: ["b-0", "b-1", "b-2"], added: ["b-3"], unfinished: [] });
  });

  it("runs that have moved keep their ids and directories, and new runs get free ids", () => {
    const found = resumed(planned("xcabd"), history("abcd", "ssp-", [DONE]));
    expect(found.changes).toMatchObject({ moved: ["b-2", "b-0", "b-1"], changed: [], gone: [], unfinished: [] });
    expect(due(found)).toBe("xcd");
    const ids = found.plan.batches[0]!.runs.map(({ id }) => id);
    expect(new Set(ids).size).toBe(5);
    expect(ids.slice(1, 4)).toEqual(["b-2", "b-0", "b-1"]);
    for (const { id, directory } of found.plan.batches[0]!.runs) expect(directory).toBe(`/scratch/${id}`);
  });

  it("a finished ensemble runs appended runs, and repeats the tasks after its runs", () => {
    const task = { batch: "b", task: "post_batch[0]", name: "execute" };
    const post: Fact[] = [
      { type: "task.started", ...task },
      { type: "task.finished", ...task, ok: true, elapsed_s: 1 },
    ];
    const more = resumed(planned("abc"), history("ab", "ss", [...post, DONE]));
    expect(due(more)).toBe("c");
    expect(more.changes.unfinished).toEqual([]);
    expect(more.past.batches.get("b")?.tasks.size).toBe(0);
    const same = resumed(planned("ab"), history("ab", "ss", [...post, DONE]));
    expect(due(same)).toBe("");
    expect(same.past.batches.get("b")?.tasks.size).toBe(1);
  });

  it("a started post_batch task is stale if runs are added, even if another run has started since", () => {
    const started: Fact = { type: "task.started", batch: "b", task: "post_batch[0]", name: "execute" };
    const another: Fact = { type: "run.started", index: 2, directory: "/scratch/b-2", fingerprint: "c", ...idsOf(2) };
    const stale = { state: "begun", stale: true };
    const taskOf = ({ past }: ReturnType<typeof resumed>) => past.batches.get("b")?.tasks.get("post_batch[0]");
    expect(taskOf(resumed(planned("abc"), history("ab", "ss", [started])))).toMatchObject(stale);
    expect(taskOf(resumed(planned("abc"), history("ab", "ss", [started, another])))).toMatchObject(stale);
  });

  it("changed and removed runs need the user's consent only if they are unfinished", () => {
    expect(resumed(planned("xb"), history("ab", "ps")).changes).toMatchObject({
      changed: ["b-0"],
      unfinished: ["b-0"],
    });
    expect(resumed(planned("xb"), history("ab", "ss")).changes).toMatchObject({ changed: ["b-0"], unfinished: [] });
    expect(resumed(planned("a"), history("ab", "sp")).changes).toMatchObject({ gone: ["b-1"], unfinished: ["b-1"] });
    expect(resumed(planned("a"), history("ab", "ss")).changes).toMatchObject({ gone: ["b-1"], unfinished: [] });
    expect(due(resumed(planned("xb"), history("ab", "ss")))).toBe("");
  });

  it("the changes name the runs whose jobs may still continue", () => {
    const job: Fact[] = [
      { type: "job.submitting", script: "job.sh", token: "t", ...idsOf(1) },
      { type: "job.submitted", job: "12", ...idsOf(1) },
    ];
    const ended: Fact = { type: "job.finished", job: "12", ok: true, elapsed_s: 1, ...idsOf(1) };
    expect(resumed(planned("a"), history("ab", "sp", job)).changes).toMatchObject({ gone: ["b-1"], jobs: ["b-1"] });
    expect(resumed(planned("ax"), history("ab", "sp", job)).changes).toMatchObject({ changed: ["b-1"], jobs: ["b-1"] });
    expect(resumed(planned("a"), history("ab", "sp", [...job, ended])).changes.jobs).toEqual([]);
    expect(resumed(planned("ab"), history("ab", "sp", job)).changes.jobs).toEqual([]);
    const { changes } = resumed(planned("a"), history("ab", "sp", job));
    const attempt = { directory: "d", startedOn: "slurm", backend: "slurm", changes, acceptChanges: false };
    expect(conflictIn(attempt)).toMatch(/^jobs of b-1 may not have ended: .*`model_ensemble cancel`/m);
  });

  it("runs of a batch with another digest need the user's consent", () => {
    const found = resumed(planned("ab", { digest: "another" }), history("ab", "s-"));
    expect(found.changes.unfinished).toEqual(["b-1"]);
  });

  it("failed runs are retried as another attempt if their cause is one of those to retry", () => {
    const tried = (retry: Resuming["retry"]) => due(resumed(planned("ab"), history("ab", "fs", [DONE]), retry));
    expect([true, ["job"], ["job:lost"], ["storage", "job"]].map((retry) => tried(retry))).toEqual(Array(4).fill("a"));
    expect([false, [], ["job:timeout"], ["jo"], ["command"]].map((retry) => tried(retry))).toEqual(Array(5).fill(""));
    const { past } = resumed(planned("ab"), history("ab", "fs", [DONE]), true);
    expect(past.batches.get("b")?.runs.get(0)).toMatchObject({ attempt: 2, preparing: true, prepared: false });
  });

  it("a repeating batch resumes its cycle with the runs that are left", () => {
    const cycle = (number: number): Fact => ({ type: "cycle.started", batch: "b", cycle: number });
    const second: Fact[] = [
      cycle(2),
      { type: "run.started", index: 0, directory: "/scratch/b-0", fingerprint: "a", ...idsOf(0, 2) },
      { type: "run.finished", elapsed_s: 1, ok: true, ...idsOf(0, 2) },
    ];
    const open = resumed(planned("ab", { repeat: true }), history("ab", "ss", second));
    expect(open.past.batches.get("b")).toMatchObject({ cycle: 2, before: { succeeded: 2 } });
    expect(open.past.batches.get("b")?.runs.get(1)?.cycle).toBe(1);
    expect(open.past.batches.get("b")?.finished).toBeUndefined();
    // A loop that has ended is not started again.
    const over = resumed(planned("ab", { repeat: true }), history("ab", "ss", [...second, DONE]));
    expect(over.past.batches.get("b")?.finished?.ok).toBe(true);
  });

  it("after any change of the list, no finished run is repeated, and no other run gets its id", () => {
    const letters = fc
      .uniqueArray(fc.constantFrom(...Array.from("abcdefghij")), { maxLength: 8 })
      .map((list) => list.join(""));
    fc.assert(
      fc.property(
        letters,
        fc.array(fc.constantFrom("s", "f", "p", "-"), { minLength: 8, maxLength: 8 }),
        letters,
        (was, how, now) => {
          const found = resumed(planned(now), history(was, how.join("")));
          const ended = Array.from(was).filter((_, index) => "sf".includes(how[index]!));
          expect(Array.from(due(found)).filter((letter) => ended.includes(letter))).toEqual([]);
          const list = found.plan.batches[0]!.runs;
          expect(new Set(list.map(({ id }) => id)).size).toBe(list.length);
          for (const { index, fingerprint } of list) {
            const before = was[index];
            if (before !== undefined && how[index] !== "-" && now.includes(before)) expect(fingerprint).toBe(before);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
