/** Who is believed where squeue, sacct and the guard say different things of a job. */
import { describe, expect, it } from "vitest";
import { accountRowOf } from "../../../lib/backends/slurm/accounting-output.js";
import { SLURM } from "../../../lib/backends/slurm/dialect.js";
import { queueRowOf } from "../../../lib/backends/slurm/queue-output.js";
import type { AccountRow, QueueRow } from "../../../lib/scheduler/answers.js";
import { judge, type Observation } from "../../../lib/scheduler/watch/verdict.js";

const LIMBO = { lost_after_s: 600 };
const TIME = "2026-01-01T00:00:00";

const row = (state: string, reason = "None"): QueueRow =>
  queueRowOf({ base: "12", part: false, state, reason, submitted: TIME, name: "tst-0", comment: "me:a.1" });
const account = (state: string, exit = { status: 0, signal: 0 }, by?: number): AccountRow =>
  accountRowOf({
    ...{ base: "12", state, exit, submitted: TIME, comment: "", line: "" },
    ...(by !== undefined && { by }),
  });
const unbegun = { refused: false, signalled: false };
const begun = { claim: "12", refused: false, signalled: false };
const sight = (over: Partial<Observation>): Observation => ({
  parts: false,
  cancelling: false,
  looks: 1,
  for_s: 0,
  owner: { uid: 1000, user: "me" },
  canLeaveTrace: true,
  ...over,
});
const verdict = (over: Partial<Observation>) => {
  const found = judge(SLURM, sight(over), LIMBO);
  if (found.is !== "ended") return found.is;
  const { failure } = found;
  return failure === undefined
    ? "succeeded"
    : [failure.cause, failure.status, failure.signal].filter((part) => part != null).join(" ");
};

describe("a job in the queue", () => {
  it.each([
    [
      "goes on, whatever else is said",
      { row: row("RUNNING"), account: account("FAILED"), traces: { ...begun, ended: 1 } },
      "live",
    ],
    ["says nothing in a word that nobody knows", { row: row("FROZEN") }, "open"],
    ["has succeeded", { row: row("COMPLETED"), traces: { ...begun, ended: 0 } }, "succeeded"],
    [
      "has failed with the status that its guard knows",
      { row: row("FAILED"), traces: { ...begun, ended: 7 } },
      "failed 7",
    ],
    [
      "was ended by a signal that its shell has told of",
      { row: row("FAILED"), traces: { ...begun, ended: 137 } },
      "failed SIGKILL",
    ],
    ["has a moment for its marker to come", { row: row("FAILED"), traces: begun }, "open"],
    ["is asked about in the accounts after that", { row: row("FAILED"), traces: begun, looks: 2 }, "ask"],
    [
      "is out of time though it says that all is well",
      { row: row("TIMEOUT"), traces: { ...begun, ended: 0, signalled: true } },
      "timeout",
    ],
    [
      "is out of memory though it says that all is well",
      { row: row("OUT_OF_MEMORY"), traces: { ...begun, ended: 0 } },
      "out_of_memory",
    ],
    [
      "has failed if it says so, though the queue does not",
      { row: row("COMPLETED"), traces: { ...begun, ended: 3 } },
      "failed 3",
    ],
    [
      "was started twice and has done nothing the second time",
      { row: row("FAILED"), traces: { ...begun, refused: true } },
      "lost",
    ],
    [
      "has ended once it has said so for long, and is only completing",
      { row: row("COMPLETING"), traces: { ...begun, ended: 0 }, for_s: 600 },
      "succeeded",
    ],
    ["goes on while it is completing", { row: row("COMPLETING"), traces: { ...begun, ended: 0 }, for_s: 60 }, "live"],
  ] satisfies readonly (readonly [string, Partial<Observation>, string])[])("%s", (_, over, expected) => {
    expect(verdict(over)).toBe(expected);
  });

  it("was cancelled by whoever the accounts name", () => {
    const cancelled = (known?: Observation["account"]) =>
      verdict({ row: row("CANCELLED"), ...(known !== undefined && { account: known }) });
    expect(cancelled()).toBe("ask");
    expect(cancelled("off")).toBe("cancelled");
    expect(cancelled(account("CANCELLED", undefined, 1000))).toBe("cancelled");
    expect(cancelled(account("CANCELLED", undefined, 0))).toBe("cancelled_by_system");
  });

  it("could not be started, where nobody has begun it", () => {
    const failed = row("FAILED", "JobLaunchFailure");
    const none = unbegun;
    expect(verdict({ row: failed, traces: none, account: account("FAILED", { status: 0, signal: 53 }) })).toBe(
      "not_started",
    );
    expect(verdict({ row: failed, traces: none, account: "off" })).toBe("not_started");
    // The queue says the same of one that a signal has ended.
    expect(verdict({ row: failed, traces: begun, looks: 2, account: "off" })).toBe("failed");
    expect(verdict({ row: failed, account: "off" })).toBe("failed");
  });
});

describe("a job that is not in the queue", () => {
  const gone = { looks: 2, for_s: 1 };
  const late = { looks: 20, for_s: 600 };

  it.each([
    ["may be in the next look", { looks: 1, for_s: 0 }, "open"],
    ["is asked about in the accounts", gone, "ask"],
    ["is as the accounts say", { ...gone, account: account("COMPLETED") }, "succeeded"],
    ["has failed as the accounts say", { ...gone, account: account("FAILED", { status: 7, signal: 0 }) }, "failed 7"],
    ["was preempted", { ...gone, account: account("PREEMPTED") }, "preempted"],
    [
      "is as its marker says where the accounts are behind",
      { ...gone, account: account("RUNNING"), traces: { ...begun, ended: 0 } },
      "succeeded",
    ],
    [
      "is as its marker says where there are none",
      { ...gone, account: "off", traces: { ...begun, ended: 2 } },
      "failed 2",
    ],
    ["is waited for where nobody says anything", { ...gone, account: "none", traces: begun }, "open"],
    ["is lost if nobody ever does", { ...late, account: "none", traces: begun }, "lost"],
    ["is waited for longer where accounts are silent", { ...late, account: "silent", traces: begun }, "open"],
    ["has vanished if it was never begun", { ...late, account: "none", traces: unbegun }, "vanished"],
    [
      "is lost if its node may have been blind",
      { ...late, account: "none", traces: unbegun, canLeaveTrace: false },
      "lost",
    ],
    ["is lost if it has no guard", { ...late, account: "off" }, "lost"],
  ] satisfies readonly (readonly [string, Partial<Observation>, string])[])("%s", (_, over, expected) => {
    expect(verdict(over)).toBe(expected);
  });
});
