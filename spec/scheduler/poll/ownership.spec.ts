/** Which rows of the queue and of accounting are about a job: its mark tells, or its time of submission. */
import { describe, expect, it } from "vitest";
import type { AccountRow, JobMeaning, QueueRow } from "../../../lib/scheduler/answers.js";
import { accountOf, isRowOf, markedIn, representative } from "../../../lib/scheduler/poll/ownership.js";

const MONDAY = "2026-01-05T00:00:00";
const TUESDAY = "2026-01-06T00:00:00";

const ENDED: JobMeaning = { is: "ended", cause: "succeeded" };

const account = (over: Partial<AccountRow>): AccountRow => ({
  ...{ base: "12", state: "DONE", meaning: ENDED, submitted: MONDAY, words: "DONE" },
  ...over,
});

const row = (over: Partial<QueueRow>): QueueRow => ({
  ...{ base: "12", part: false, state: "R", reason: "", submitted: MONDAY, name: "tst-0" },
  meaning: { is: "live", state: "running" },
  ...over,
});

describe("the account of a job", () => {
  const job = { id: "12", mark: "a.1" };

  it("an account that shows the mark is the job's, whatever its time of submission", () => {
    const ours = account({ marks: ["a.1"] });
    expect(accountOf([ours], { ...job, submitted: TUESDAY })).toBe(ours);
  });

  it("an account that shows another mark is not the job's, even with the same time of submission", () => {
    expect(accountOf([account({ marks: ["b.1"] }), account({ marks: [] })], { ...job, submitted: MONDAY })).toBe(
      "none",
    );
  });

  it("an account that cannot show marks is the job's if its id is, as long as the time of submission is unknown", () => {
    const only = account({});
    expect(accountOf([only], job)).toBe(only);
    expect(accountOf([account({ base: "13" })], job)).toBe("none");
  });

  it("two accounts with one id and different times belong to no job whose own time is unknown", () => {
    expect(accountOf([account({}), account({ submitted: TUESDAY })], job)).toBe("none");
  });

  it("the time of submission tells which of two accounts with one id is the job's", () => {
    const [monday, tuesday] = [account({}), account({ submitted: TUESDAY })];
    expect(accountOf([monday, tuesday], { ...job, submitted: TUESDAY })).toBe(tuesday);
    expect(accountOf([monday, tuesday], { ...job, submitted: MONDAY })).toBe(monday);
    expect(accountOf([monday], { ...job, submitted: TUESDAY })).toBe("none");
  });

  it("two accounts with one id and one time are the tasks of one array, and a failed task stands for it", () => {
    const failed = account({ meaning: { is: "ended", cause: "failed" } });
    expect(accountOf([account({}), failed], job)).toBe(failed);
  });

  it("a job on another cluster has the accounts of its id there", () => {
    expect(accountOf([account({})], { ...job, id: "12;there" })).toMatchObject({ base: "12" });
  });

  it("accounting that is off or silent knows no account", () => {
    expect([accountOf("off", job), accountOf("silent", job)]).toEqual(["off", "silent"]);
  });

  it("a job in doubt is found under its mark, with the cluster of its account", () => {
    expect(markedIn([account({}), account({ base: "7", marks: ["a.1"], cluster: "there" })], "a.1")).toBe("7;there");
    expect(markedIn([account({})], "a.1")).toBeUndefined();
  });
});

describe("the row of a job", () => {
  const known = () => true;
  const unknown = () => false;

  it("a row that shows a mark is about the job with that mark alone", () => {
    expect(isRowOf(row({ mark: "a.1" }), { mark: "a.1" }, unknown)).toBe(true);
    expect(isRowOf(row({ mark: "b.1" }), { mark: "a.1", submitted: MONDAY }, known)).toBe(false);
  });

  it("a row without a mark is about a job with the same time of submission", () => {
    expect(isRowOf(row({}), { mark: "a.1", submitted: MONDAY }, unknown)).toBe(true);
    expect(isRowOf(row({}), { mark: "a.1", submitted: TUESDAY }, known)).toBe(false);
  });

  it("a row without mark and time is about the job if other evidence says so", () => {
    expect([known, unknown].map((is) => isRowOf(row({}), { mark: "a.1" }, is))).toEqual([true, false]);
    const untimed = { mark: "a.1", submitted: MONDAY };
    expect([known, unknown].map((is) => isRowOf(row({ submitted: "" }), untimed, is))).toEqual([true, false]);
  });

  it.each<[string, JobMeaning, JobMeaning]>([
    ["a running", { is: "live", state: "running" }, { is: "live", state: "pending" }],
    ["a pending", { is: "live", state: "pending" }, { is: "live", state: "running", completing: true }],
    ["a completing", { is: "live", state: "running", completing: true }, { is: "unknown" }],
    ["an unknown", { is: "unknown" }, { is: "ended", cause: "failed" }],
    ["a failed", { is: "ended", cause: "failed" }, { is: "ended", cause: "succeeded" }],
  ])("%s part of a job stands for the whole before the parts that are further on", (_, meaning, other) => {
    for (const rows of [
      [row({ meaning }), row({ meaning: other })],
      [row({ meaning: other }), row({ meaning })],
    ])
      expect(representative(rows)?.meaning).toBe(meaning);
  });
});
