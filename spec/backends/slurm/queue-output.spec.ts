/** Reading squeue's output: recorded, and damaged in ten thousand ways. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseQueue, QUEUE_FORMAT, SEPARATOR, type SqueueRow } from "../../../lib/backends/slurm/queue-output.js";
import { type Claim, damaged, lies, recorded } from "./damage.js";

const QUEUE = recorded("squeue");
const LATER = recorded("squeue-later");

const named = (text: string, name: string): readonly SqueueRow[] => parseQueue(text).filter((row) => row.name === name);

const lineOf = (...fields: readonly string[]): string => `${fields.join(SEPARATOR)}\n`;
const row = (id: string, raw: string, state = "RUNNING", submitted = "2026-11-24T20:25:08"): readonly SqueueRow[] =>
  parseQueue(lineOf(id, raw, state, submitted, "None", "name", "comment"));

describe("the rows of squeue", () => {
  it("the program asks squeue for the fields that it reads", () => {
    expect(QUEUE_FORMAT).toBe("%i\x1f%A\x1f%T\x1f%V\x1f%r\x1f%j\x1f%k");
  });

  it("every job is read whose name has no line break", () => {
    // 43 lines: one name has two lines, and so has one comment.
    expect(parseQueue(QUEUE)).toHaveLength(40);
    expect(parseQueue(LATER)).toHaveLength(40);
  });

  it("a row holds state, time of submission, reason, name and comment of its job", () => {
    expect(named(QUEUE, "too-long")).toEqual([
      {
        base: "72",
        part: false,
        state: "PENDING",
        submitted: "2026-11-24T21:42:03",
        reason: "PartitionTimeLimit",
        name: "too-long",
        comment: "me:r20k.job",
      },
    ]);
  });

  it("names and comments are read as they are, with any characters", () => {
    expect(named(QUEUE, 'a b,c|d "q"').map(({ comment }) => comment)).toEqual([`me:rec-a b,c|d "q" 'x'.job`]);
    expect(named(QUEUE, "ümläut-☃").map(({ comment }) => comment)).toEqual(["me:r34k.job"]);
    expect(named(QUEUE, "no-comment").map(({ comment }) => comment)).toEqual([""]);
    expect(named(QUEUE, "comment-of-two-lines").map(({ comment }) => comment)).toEqual(["first"]);
    expect(parseQueue(QUEUE).some(({ name }) => name.includes("lines") && name !== "comment-of-two-lines")).toBe(false);
  });

  it("the tasks of an array and the components of a heterogeneous job are rows of one job", () => {
    const basesAndStates = (name: string) => named(QUEUE, name).map(({ base, state }) => `${base} ${state}`);
    expect(basesAndStates("array")).toEqual(["79 PENDING", "79 RUNNING", "79 RUNNING"]);
    expect(basesAndStates("array-fails")).toEqual(["84 FAILED", "84 FAILED"]);
    expect(basesAndStates("array-cancelled")).toEqual(["83 CANCELLED"]);
    expect(basesAndStates("het")).toEqual(["86 RUNNING", "86 RUNNING"]);
  });

  it("a list of tasks that squeue has cut is understood", () => {
    expect(QUEUE).toContain("82_[1,3,6,10,15,21,28,36,45,55,\x1f82\x1f");
    expect(named(QUEUE, "array-cut").map(({ base }) => base)).toEqual(["82"]);
  });

  it("states are read in Slurm's words", () => {
    const states = (text: string) => [...new Set(parseQueue(text).map(({ state }) => state))].sort();
    expect(states(QUEUE)).toEqual(
      ["CANCELLED", "COMPLETED", "FAILED", "PENDING", "RUNNING", "SPECIAL_EXIT", "STOPPED", "SUSPENDED"].sort(),
    );
    expect(states(LATER)).toContain("TIMEOUT");
  });

  it.each([
    ["12", "12", "12"],
    ["12_3", "14", "12"],
    ["12_[1-4,9%2]", "12", "12"],
    ["12_[0-10:2]", "12", "12"],
    ["12_[1,3,...]", "12", "12"],
    ["668+1", "669", "668"],
    ["67043328", "67043328", "67043328"],
  ])("a row with the id %s (raw: %s) belongs to job %s", (id, raw, base) => {
    expect(row(id, raw).map((found) => found.base)).toEqual([base]);
  });

  it.each([
    ["", "12"],
    ["12", ""],
    ["0", "0"],
    ["12", "13"],
    ["2", "12"],
    ["012", "012"],
    ["12_", "12"],
    ["12_[]", "12"],
    ["12_x", "12"],
    ["12+", "12"],
    ["12.batch", "12"],
    ["12_3", "x"],
    ["-12", "-12"],
    ["12345678901", "12345678901"],
    [" 12", " 12"],
    ["JOBID", "JOBID"],
  ])("a row with the id %j (raw: %j) is left out", (id, raw) => {
    expect(row(id, raw)).toEqual([]);
  });

  it.each(["N/A", "2026-11-24T20:25:08"])("a row with the time %s is read", (time) => {
    expect(row("12", "12", "RUNNING", time)).toHaveLength(1);
  });

  it.each(["", "20:25:08", "2026-11-24", "2026-11-24T20:25:08Z", "1795551908"])(
    "a row with the time %j is left out",
    (time) => {
      expect(row("12", "12", "RUNNING", time)).toEqual([]);
    },
  );

  it.each(["", "RUN NING", " RUNNING"])("a row with the state %j is left out", (state) => {
    expect(row("12", "12", state)).toEqual([]);
  });

  it("a row without its line's end or with another number of fields is left out", () => {
    const line = lineOf("12", "12", "RUNNING", "2026-11-24T20:25:08", "None", "name", "me:token");
    expect(parseQueue(line.trimEnd())).toEqual([]);
    expect(parseQueue(line.replace("\x1fNone", ""))).toEqual([]);
    expect(parseQueue(line.replace("None", "None\x1fNone"))).toEqual([]);
  });

  it("rows are found between banners and empty lines", () => {
    const lines = QUEUE.split("\n");
    const text = ["CLUSTER: slurmtest", "Welcome to X", "", ...lines.slice(0, 20), "12", "=====", ...lines.slice(20)];
    expect(parseQueue(text.join("\n"))).toEqual(parseQueue(QUEUE));
    expect(parseQueue("")).toEqual([]);
    expect(parseQueue("\n\n")).toEqual([]);
  });

  it("no damage to squeue's output makes the program read an end that a job has not had", () => {
    const claims = (text: string): readonly Claim[] =>
      parseQueue(text).map(({ base, state, comment, ...rest }) => ({
        ...{ base, state, mark: comment },
        rest: JSON.stringify(rest),
      }));
    for (const text of [QUEUE, LATER]) {
      const truth = claims(text);
      fc.assert(
        fc.property(damaged(text), (other) => {
          expect(lies(claims(other), truth)).toEqual([]);
        }),
        { numRuns: 10_000 },
      );
    }
  });

  it("damage would forge ends if the state did not stand between the job's id and its mark", () => {
    const turned = LATER.replaceAll(/^([^\x1f\n]*)((?:\x1f[^\x1f\n]*)*)\x1f([^\x1f\n]*)$/gm, "$3\x1f$1$2");
    const claims = (text: string): readonly Claim[] =>
      text.split("\n").flatMap((line) => {
        const [mark = "", id = "", , state = "", ...rest] = line.split(SEPARATOR);
        return rest.length === 3 ? [{ mark, base: id.replace(/[_+].*/, ""), state, rest: JSON.stringify(rest) }] : [];
      });
    const truth = claims(turned);
    const forged = fc
      .sample(damaged(turned), { numRuns: 5000, seed: 1 })
      .filter((text) => lies(claims(text), truth).length > 0);
    expect(forged.length).toBeGreaterThan(0);
  });
});
