/** Reading sacct's output: recorded, and damaged in ten thousand ways. */
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
  it("the program asks sacct for the fields that it reads", () => {
    expect(ACCOUNT_FIELDS).toEqual(["JobID", "JobIDRaw", "State", "ExitCode", "Submit", "Comment", "SubmitLine"]);
    expect(ACCOUNT_FIELDS_OLD).toEqual(ACCOUNT_FIELDS.slice(0, -1));
  });

  it("every recorded line that begins with a job id is read as a row", () => {
    // 44 lines: a name, a comment and a --wrap of two lines each have a second line that is no row.
    expect(parseAccounts(ACCOUNTS)).toHaveLength(41);
  });

  it("a row holds state, exit code, time of submission, comment and command line of its job", () => {
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

  it("a row tells which user cancelled the job", () => {
    expect(of("62").map(({ state, by }) => [state, by])).toEqual([["CANCELLED", 1001]]);
    expect(of("63").map(({ state, by }) => [state, by])).toEqual([["CANCELLED", 0]]);
    expect(parsed({ 2: "CANCELLED" })[0]?.by).toBeUndefined();
  });

  it("a row tells the exit status or the signal with which a job ended", () => {
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

  it("a row shows the comment only after the job's end, and the command line from its submission on", () => {
    expect(of("60").map(({ state, comment }) => [state, comment])).toEqual([["SUSPENDED", ""]]);
    expect(of("60")[0]?.line).toContain("me:r08k.job");
    expect(of("65").map(({ comment }) => comment)).toEqual([""]);
    expect(of("65")[0]?.line).toContain("me:r13k.job");
  });

  it("the tasks of an array and the components of a heterogeneous job are rows of one job", () => {
    expect(of("79").map(({ state }) => state)).toEqual(["RUNNING", "RUNNING", "PENDING"]);
    expect(of("82").map(({ state }) => state)).toEqual(["PENDING"]);
    expect(of("83").map(({ state, by }) => [state, by])).toEqual([["CANCELLED", 1001]]);
    expect(of("86")).toHaveLength(2);
  });

  it("a requeued job has a second row, with its own time of submission", () => {
    const runs = of("66", recorded("sacct-runs"));
    expect(runs.map(({ state }) => state)).toEqual(["REQUEUED", "PENDING"]);
    expect(new Set(runs.map(({ submitted }) => submitted)).size).toBe(2);
  });

  it("a row without the command line, which an older sacct does not know, is whole", () => {
    expect(parseAccounts(`${WHOLE.slice(0, 6).join(SEPARATOR)}\n`)).toEqual(parsed({ 6: "" }));
    expect(isFieldUnknown('sacct: error: Invalid field requested: "SubmitLine"\n')).toBe(true);
    // As of 20.11, by its source.
    expect(isFieldUnknown('sacct: fatal: Invalid field requested: "SubmitLine"\n')).toBe(true);
    expect(isFieldUnknown("sacct: error: Problem talking to the database: Connection refused\n")).toBe(false);
    expect(isFieldUnknown("Slurm accounting storage is disabled\n")).toBe(false);
  });

  it("a state that sacct has cut stays as it is", () => {
    expect(parsed({ 2: "CANCELLED+" }).map(({ state }) => state)).toEqual(["CANCELLED+"]);
    expect(parsed({ 2: "OUT_OF_ME+" }).map(({ state }) => state)).toEqual(["OUT_OF_ME+"]);
  });

  it("a damaged row is left out", () => {
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

  it("no damage to sacct's output makes the program read an end that a job has not had", () => {
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
