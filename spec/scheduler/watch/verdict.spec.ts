/** The verdict on a job about which squeue, sacct and the guard disagree. */
import { describe, expect, it } from "vitest";
import { SLURM } from "../../../lib/backends/slurm/dialect.js";
import type { Observation } from "../../../lib/scheduler/watch/observation.js";
import { judge } from "../../../lib/scheduler/watch/verdict.js";
import { account, claimed, observation, PATIENCE, row, unclaimed, verdict } from "./observations.js";

describe("a job in the queue", () => {
  it.each([
    [
      "a job that runs in the queue is live, whatever accounting and its guard say",
      { row: row("RUNNING"), account: account("FAILED"), traces: { ...claimed, ended: 1 } },
      "live",
    ],
    ["nothing follows from an unknown state", { row: row("FROZEN") }, "open"],
    ["a completed job has succeeded", { row: row("COMPLETED"), traces: { ...claimed, ended: 0 } }, "succeeded"],
    [
      "a failed job has the exit status that its guard recorded",
      { row: row("FAILED"), traces: { ...claimed, ended: 7 } },
      "failed 7",
    ],
    [
      "a failed job was ended by the signal in its guard's record",
      { row: row("FAILED"), traces: { ...claimed, ended: 137 } },
      "failed SIGKILL",
    ],
    ["a failed job's marker has until the next poll to appear", { row: row("FAILED"), traces: claimed }, "open"],
    [
      "accounting is asked about a failed job without a marker",
      { row: row("FAILED"), traces: claimed, looks: 2 },
      "ask",
    ],
    [
      "a job that trapped the signal at its time limit has timed out",
      { row: row("TIMEOUT"), traces: { ...claimed, ended: 0, signalled: true } },
      "timeout",
    ],
    [
      "a job that ran out of memory fails even if its script succeeded",
      { row: row("OUT_OF_MEMORY"), traces: { ...claimed, ended: 0 } },
      "out_of_memory",
    ],
    [
      "a job whose guard recorded a failure has failed, even if the queue calls it completed",
      { row: row("COMPLETED"), traces: { ...claimed, ended: 3 } },
      "failed 3",
    ],
    [
      "a job that was started twice and did nothing the second time is lost",
      { row: row("FAILED"), traces: { ...claimed, refused: true } },
      "lost",
    ],
    [
      "a job whose guard recorded its end, and that has completed for long, has ended",
      { row: row("COMPLETING"), traces: { ...claimed, ended: 0 }, for_s: 600 },
      "succeeded",
    ],
    ["a completing job is live", { row: row("COMPLETING"), traces: { ...claimed, ended: 0 }, for_s: 60 }, "live"],
  ] satisfies readonly (readonly [string, Partial<Observation>, string])[])("%s", (_, over, expected) => {
    expect(verdict(over)).toBe(expected);
  });

  it("accounting tells whether the user or another one cancelled the job", () => {
    const cancelled = (known?: Observation["account"]) =>
      verdict({ row: row("CANCELLED"), ...(known !== undefined && { account: known }) });
    expect(cancelled()).toBe("ask");
    expect(cancelled("off")).toBe("cancelled");
    expect(cancelled(account("CANCELLED", undefined, 1000))).toBe("cancelled");
    expect(cancelled(account("CANCELLED", undefined, 0))).toBe("cancelled_by_system");
  });

  it("a job that failed to launch has not started, unless its guard claimed the work", () => {
    const failed = row("FAILED", "JobLaunchFailure");
    expect(verdict({ row: failed, traces: unclaimed, account: account("FAILED", { status: 0, signal: 53 }) })).toBe(
      "not_started",
    );
    expect(verdict({ row: failed, traces: unclaimed, account: "off" })).toBe("not_started");
    // The queue shows the same reason for a job that a signal ended.
    expect(verdict({ row: failed, traces: claimed, looks: 2, account: "off" })).toBe("failed");
    expect(verdict({ row: failed, account: "off" })).toBe("failed");
  });
});

describe("a job that is not in the queue", () => {
  const gone = { looks: 2, for_s: 1 };
  const late = { looks: 20, for_s: 600 };

  it.each([
    ["a job that one poll did not show is not missing yet", { looks: 1, for_s: 0 }, "open"],
    ["accounting is asked about a job that two polls did not show", gone, "ask"],
    ["a missing job has succeeded if accounting says so", { ...gone, account: account("COMPLETED") }, "succeeded"],
    [
      "a missing job has failed with the status in accounting",
      { ...gone, account: account("FAILED", { status: 7, signal: 0 }) },
      "failed 7",
    ],
    ["a missing job was preempted if accounting says so", { ...gone, account: account("PREEMPTED") }, "preempted"],
    [
      "a missing job ended as its marker says while accounting lags behind",
      { ...gone, account: account("RUNNING"), traces: { ...claimed, ended: 0 } },
      "succeeded",
    ],
    [
      "a missing job ended as its marker says where there are no accounts",
      { ...gone, account: "off", traces: { ...claimed, ended: 2 } },
      "failed 2",
    ],
    [
      "the program waits for a missing job of which no source tells an end",
      { ...gone, account: "none", traces: claimed },
      "open",
    ],
    [
      "a missing job of which no source ever tells an end is lost",
      { ...late, account: "none", traces: claimed },
      "lost",
    ],
    [
      "the program waits longer for a missing job while accounting is silent",
      { ...late, account: "silent", traces: claimed },
      "open",
    ],
    ["a missing job that never started has vanished", { ...late, account: "none", traces: unclaimed }, "vanished"],
    [
      "a missing job without a trace is lost if its node may not see the directory",
      { ...late, account: "none", traces: unclaimed, canLeaveTrace: false },
      "lost",
    ],
    ["a missing job without a guard is lost", { ...late, account: "off" }, "lost"],
  ] satisfies readonly (readonly [string, Partial<Observation>, string])[])("%s", (_, over, expected) => {
    expect(verdict(over)).toBe(expected);
  });
});

describe("the evidence of a verdict", () => {
  it("the evidence has a word of the queue and a word of accounting, even if one program answers for both", () => {
    const gone = observation({ looks: 2, account: account("FAILED", { status: 7, signal: 0 }) });
    const programs = { ...SLURM.programs, queue: "qstat", accounting: "qstat" };
    expect(judge({ ...SLURM, programs }, gone, PATIENCE)).toMatchObject({
      evidence: { qstat: "not there", accounting: "FAILED 7:0" },
    });
    expect(judge(SLURM, gone, PATIENCE)).toMatchObject({ evidence: { squeue: "not there", sacct: "FAILED 7:0" } });
  });
});
