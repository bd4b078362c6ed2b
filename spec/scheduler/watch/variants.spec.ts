/** Watching on schedulers unlike Slurm: they show cancellations, forget no job, or show no marks in accounts. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SLURM } from "../../../lib/backends/slurm/dialect.js";
import type { Dialect } from "../../../lib/scheduler/dialect.js";
import type { Observation } from "../../../lib/scheduler/watch/observation.js";
import { emptyQueue, simulateJob } from "../simulated-jobs.js";
import { accountingAnswer, siteAnswer } from "../slurm-answers.js";
import { TIMED_OUT } from "../submit/sbatch-failures.js";
import { markOf, simulate, type VirtualSlurm } from "../virtual-slurm.js";
import { account, claimed, row, unclaimed, verdict } from "./observations.js";

const missing = { looks: 2, for_s: 1 };
const missingLong = { looks: 20, for_s: 600 };

describe("a scheduler whose queue shows that a job is being cancelled", () => {
  it.each([
    ["a failed job that was being cancelled is cancelled", { traces: claimed }, "cancelled"],
    ["a job that was being cancelled is cancelled, even without a guard", {}, "cancelled"],
    [
      "a job that was being cancelled, and whose guard noted a signal, is cancelled",
      { traces: { ...claimed, ended: 143, signalled: true } },
      "cancelled",
    ],
    [
      "a job that had failed by itself before it was cancelled has failed",
      { traces: { ...claimed, ended: 3 } },
      "failed 3",
    ],
  ] satisfies readonly (readonly [string, Partial<Observation>, string])[])("%s", (_, over, expected) => {
    expect(verdict({ row: row("FAILED"), looks: 2, account: "off", cancelling: true, ...over })).toBe(expected);
  });

  /** Its word SIGNALING stands for a job that is being cancelled. */
  const dialect: Dialect = {
    ...SLURM,
    queueRows: (answers) =>
      SLURM.queueRows(answers)?.map((one) =>
        one.state === "SIGNALING"
          ? { ...one, meaning: { is: "live", state: "running", cancelling: true } as const }
          : one,
      ),
  };

  it("the program remembers from an earlier poll that a failed job was being cancelled", () => {
    const { reports } = simulateJob(
      (slurm, job) => {
        slurm.at(30, () => {
          job().state = "SIGNALING";
        });
        slurm.at(200, () => {
          job().state = "FAILED";
        });
      },
      { dialect },
    );
    expect(reports.at(-1)).toMatch(/ cancelled$/);
  });
});

describe("a scheduler that forgets no job", () => {
  const dialect: Dialect = { ...SLURM, forgetsJobs: false };

  it.each([
    ["a missing job that no account knows was deleted", { account: "none", traces: unclaimed }, "cancelled"],
    ["a missing job without a guard that no account knows was deleted", { account: "none" }, "cancelled"],
    [
      "a missing job that could have left a trace and has left none was deleted, where there are no accounts",
      { account: "off", traces: unclaimed },
      "cancelled",
    ],
    [
      "a missing job whose node may not see the directory is lost, where there are no accounts",
      { account: "off", traces: unclaimed, canLeaveTrace: false },
      "lost",
    ],
    ["a missing job without a guard is lost, where there are no accounts", { account: "off" }, "lost"],
    ["a missing job that has started is lost", { account: "none", traces: claimed }, "lost"],
    ["a missing job that accounting calls running is lost", { account: account("RUNNING"), traces: claimed }, "lost"],
  ] satisfies readonly (readonly [string, Partial<Observation>, string])[])("%s", (_, over, expected) => {
    expect(verdict({ ...missingLong, ...over }, dialect)).toBe(expected);
  });

  it("the program waits for a missing job before it takes the job for deleted", () => {
    expect(verdict({ ...missing, account: "none", traces: unclaimed }, dialect)).toBe("open");
  });

  it("a deleted job is never submitted again, and the message says that a user deleted it", () => {
    const slurm = simulateJob((one) => emptyQueue(one), { dialect });
    expect(slurm.reports.at(-1)).toMatch(/ cancelled$/);
    expect(slurm.ends.map(({ failure }) => failure?.message)).toEqual([
      "neither the queue nor accounting knows the job: a user deleted it before it started",
    ]);
    expect(readdirSync(slurm.claims.path(markOf(slurm, "1.job-1")))).not.toContain("claim");
    // On Slurm, which may forget a job, the same job has vanished.
    expect(simulateJob((one) => emptyQueue(one)).reports.at(-1)).toMatch(/ vanished$/);
  });
});

describe("a scheduler whose accounts show no marks", () => {
  const dialect: Dialect = { ...SLURM, accountsShowMarks: false };

  it.each([
    ["the guard's marker is believed before accounting is asked", { traces: { ...claimed, ended: 0 } }, "succeeded"],
    [
      "the guard's marker is believed even if an account says otherwise",
      { traces: { ...claimed, ended: 0 }, account: account("FAILED", { status: 9, signal: 0 }) },
      "succeeded",
    ],
    ["the exit status in the guard's marker is believed", { traces: { ...claimed, ended: 3 } }, "failed 3"],
    [
      "accounting is asked about a job whose guard noted a signal",
      { traces: { ...claimed, ended: 0, signalled: true } },
      "ask",
    ],
    ["accounting is asked about a job of several parts", { traces: { ...claimed, ended: 0 }, parts: true }, "ask"],
    ["accounting is asked about a job whose guard noted no end", { traces: claimed }, "ask"],
  ] satisfies readonly (readonly [string, Partial<Observation>, string])[])("%s", (_, over, expected) => {
    expect(verdict({ ...missing, ...over }, dialect)).toBe(expected);
  });

  it("accounting is asked before the guard's marker where accounts show marks", () => {
    expect(verdict({ ...missing, traces: { ...claimed, ended: 0 } })).toBe("ask");
  });

  it("an account with a reused id does not change the end that the guard noted", () => {
    const { reports, runs } = simulateJob(
      (slurm) => {
        slurm.sacct = () => accountingAnswer({ id: "101", state: "FAILED", exit: "9:0" });
        slurm.at(30, () => {
          slurm.guardStarts("1.job-1", "101");
          slurm.guardEnds("1.job-1", "101", 0);
        });
        emptyQueue(slurm);
      },
      { dialect },
    );
    expect(reports.at(-1)).toMatch(/ succeeded$/);
    expect(runs.sacct).toEqual([]);
  });

  /** An unguarded job in doubt, on a site whose accounts show no job. */
  const inDoubt = (act: (slurm: VirtualSlurm) => void, on: Dialect) =>
    simulate(
      400,
      (slurm) => {
        slurm.sbatch = () => TIMED_OUT;
        slurm.sacct = () => accountingAnswer();
        act(slurm);
        slurm.submit(slurm.request({ script: "job.py" }));
      },
      on,
    );

  it("accounts without marks do not prove that a job in doubt is absent, and are not asked for all jobs", () => {
    const forgetful = (slurm: VirtualSlurm) => {
      slurm.scontrol = () => siteAnswer({ MinJobAge: "2 sec" });
    };
    const { reports, runs } = inDoubt(forgetful, dialect);
    expect([reports, runs.sacct]).toEqual([["0 waits", "120 lost"], []]);
    // The accounts of Slurm show marks: the job is certainly absent.
    expect(inDoubt(forgetful, SLURM).reports).toEqual(["0 waits"]);
  });

  it("a queue that shows ended jobs for long enough proves the absence of a job in doubt without accounts", () => {
    expect(inDoubt(() => undefined, dialect).reports).toEqual(["0 waits"]);
  });
});

describe("a scheduler whose accounts show a cancelled job as a killed one", () => {
  const dialect: Dialect = { ...SLURM, accountsShowMarks: false, accountsShowCancel: false };
  const killed = account("FAILED", { status: 0, signal: 9 });

  it.each([
    ["a job whose guard was killed too was cancelled", { account: killed, traces: claimed, looks: 3 }, "cancelled"],
    ["the program waits for the marker of a job that was killed", { account: killed, traces: claimed }, "open"],
    [
      "a job whose guard noted its end killed itself",
      { account: killed, traces: { ...claimed, ended: 137 } },
      "failed SIGKILL",
    ],
    ["a killed job without a guard has failed", { account: killed }, "failed SIGKILL"],
    ["a killed job that never started has failed", { account: killed, traces: unclaimed }, "failed SIGKILL"],
    [
      "a job that trapped the signal of its end was cancelled, though it succeeded",
      { account: account("COMPLETED"), traces: { ...claimed, ended: 0, signalled: true } },
      "cancelled",
    ],
    [
      "a job that trapped the signal of its end was cancelled, though it failed",
      { account: account("FAILED", { status: 5, signal: 0 }), traces: { ...claimed, ended: 5, signalled: true } },
      "cancelled",
    ],
    [
      "a job that trapped the signal of its end is out of time if accounting says so",
      { account: account("TIMEOUT"), traces: { ...claimed, ended: 0, signalled: true } },
      "timeout",
    ],
  ] satisfies readonly (readonly [string, Partial<Observation>, string])[])("%s", (_, over, expected) => {
    expect(verdict({ ...missing, ...over }, dialect)).toBe(expected);
  });

  it("a killed job has failed where accounts show a cancelled one as such", () => {
    expect(verdict({ ...missing, account: killed, traces: claimed, looks: 3 })).toBe("failed SIGKILL");
  });
});
