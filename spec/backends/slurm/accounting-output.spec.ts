import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ACCOUNT_FIELDS,
  ACCOUNT_FIELDS_OLD,
  isFieldUnknown,
  parseAccounts,
  type SacctRow,
} from "../../../lib/backends/slurm/accounting-output.js";
import { SEPARATOR } from "../../../lib/backends/slurm/queue-output.js";
import { type Claim, damaged, lies, recorded } from "./damage.js";

const ACCOUNTS = recorded("sacct");

const of = (base: string, text = ACCOUNTS): readonly SacctRow[] =>
  parseAccounts(text).filter((account) => account.base === base);

const WHOLE = ["12", "12", "FAILED", "7:0", "2026-11-24T20:25:08", "me:token", "sbatch job.sh"];
const parsed = (changes: Readonly<Record<number, string>> = {}): readonly SacctRow[] =>
  parseAccounts(`${WHOLE.map((field, index) => changes[index] ?? field).join(SEPARATOR)}\n`);

describe("the rows of sacct", () => {
  it("are asked for field by field", () => {
    expect(ACCOUNT_FIELDS).toEqual(["JobID", "JobIDRaw", "State", "ExitCode", "Submit", "Comment", "SubmitLine"]);
    expect(ACCOUNT_FIELDS_OLD).toEqual(ACCOUNT_FIELDS.slice(0, -1));
  });

  it("are all that begin with a job", () => {
    // 44 lines: a name, a comment and a --wrap of two lines each have a second one that is none.
    expect(parseAccounts(ACCOUNTS)).toHaveLength(41);
  });

  it("tell all of a job", () => {
    expect(of("54")).toEqual([
      {
        base: "54",
        state: "FAILED",
        exit: { status: 7, signal: 0 },
        submitted: "2026-11-24T21:42:02",
        comment: "me:r02k.job",
        line: "sbatch --parsable -o /dev/null --comment=me:r02k.job -J fails exit7.sh",
      },
    ]);
  });

  it("tell who has cancelled it", () => {
    expect(of("62").map(({ state, by }) => [state, by])).toEqual([["CANCELLED", 1001]]);
    expect(of("63").map(({ state, by }) => [state, by])).toEqual([["CANCELLED", 0]]);
    expect(parsed({ 2: "CANCELLED" })[0]?.by).toBeUndefined();
  });

  it("tell how it ended", () => {
    const exits = ["55", "56", "57", "58", "64"].map((base) => of(base)[0]?.exit);
    expect(exits).toEqual([
      // `exit 137`
      { status: 9, signal: 0 },
      { status: 0, signal: 9 },
      { status: 0, signal: 11 },
      { status: 0, signal: 53 },
      { status: 0, signal: 0 },
    ]);
  });

  it("have a comment only after the end, and the line of sbatch from the beginning", () => {
    expect(of("60").map(({ state, comment }) => [state, comment])).toEqual([["SUSPENDED", ""]]);
    expect(of("60")[0]?.line).toContain("me:r08k.job");
    expect(of("65").map(({ comment }) => comment)).toEqual([""]);
    expect(of("65")[0]?.line).toContain("me:r13k.job");
  });

  it("tell of the parts of an array or of a heterogeneous job as of one", () => {
    expect(of("79").map(({ state }) => state)).toEqual(["RUNNING", "RUNNING", "PENDING"]);
    expect(of("82").map(({ state }) => state)).toEqual(["PENDING"]);
    expect(of("83").map(({ state, by }) => [state, by])).toEqual([["CANCELLED", 1001]]);
    expect(of("86")).toHaveLength(2);
  });

  it("may tell of a start that was taken back, with its own time of submission", () => {
    const runs = of("66", recorded("sacct-runs"));
    expect(runs.map(({ state }) => state)).toEqual(["REQUEUED", "PENDING"]);
    expect(new Set(runs.map(({ submitted }) => submitted)).size).toBe(2);
  });

  it("are whole without the line of sbatch, which older ones do not know", () => {
    expect(parseAccounts(`${WHOLE.slice(0, 6).join(SEPARATOR)}\n`)).toEqual(parsed({ 6: "" }));
    expect(isFieldUnknown('sacct: error: Invalid field requested: "SubmitLine"\n')).toBe(true);
    // As of 20.11, by its source.
    expect(isFieldUnknown('sacct: fatal: Invalid field requested: "SubmitLine"\n')).toBe(true);
    expect(isFieldUnknown("sacct: error: Problem talking to the database: Connection refused\n")).toBe(false);
    expect(isFieldUnknown("Slurm accounting storage is disabled\n")).toBe(false);
  });

  it("leave a word that was cut as it is", () => {
    expect(parsed({ 2: "CANCELLED+" }).map(({ state }) => state)).toEqual(["CANCELLED+"]);
    expect(parsed({ 2: "OUT_OF_ME+" }).map(({ state }) => state)).toEqual(["OUT_OF_ME+"]);
  });

  it("do not count where they are damaged", () => {
    expect(parsed()).toHaveLength(1);
    for (const changes of [
      { 0: "13" },
      { 0: "12.batch" },
      { 0: "" },
      { 1: "12.extern" },
      { 2: "" },
      { 2: "CANCELLED by" },
      { 2: "CANCELLED by root" },
      { 2: "TWO WORDS" },
      { 3: "" },
      { 3: "7" },
      { 4: "" },
      { 4: "12" },
      { 6: "sbatch\x1fjob.sh" },
    ])
      expect(parsed(changes)).toEqual([]);
    expect(parseAccounts(WHOLE.join(SEPARATOR))).toEqual([]);
    expect(parseAccounts(`${WHOLE.slice(0, 5).join(SEPARATOR)}\n`)).toEqual([]);
    expect(parseAccounts("Slurm accounting storage is disabled\n\n")).toEqual([]);
  });

  it("tell of no end that a job has not had, whatever happens to what sacct prints", () => {
    const markIn = (text: string): string => /me:[\w-]+\.job/.exec(text)?.[0] ?? "";
    const claims = (text: string): readonly Claim[] =>
      parseAccounts(text).map(({ base, state, comment, line, ...rest }) => ({
        ...{ base, state, mark: markIn(comment) || markIn(line) },
        rest: JSON.stringify([rest, line]),
      }));
    const truth = claims(ACCOUNTS);
    fc.assert(
      fc.property(damaged(ACCOUNTS), (other) => {
        expect(lies(claims(other), truth)).toEqual([]);
      }),
      { numRuns: 10_000 },
    );
  });
});
