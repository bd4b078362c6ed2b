/** The meaning of Slurm's words for the states of jobs, and for why jobs do not start. */
import { describe, expect, it } from "vitest";
import { parseAccounts } from "../../../lib/backends/slurm/accounting-output.js";
import { parseQueue } from "../../../lib/backends/slurm/queue-output.js";
import { meaningOf, obstacleOf } from "../../../lib/backends/slurm/states.js";
import { recorded } from "./damage.js";

describe("what a word for a state means", () => {
  it.each([
    "PENDING",
    "CONFIGURING",
    "EXPEDITING",
    "REQUEUED",
    "REQUEUE_FED",
    "REQUEUE_HOLD",
    "SPECIAL_EXIT",
    "RESV_DEL_HOLD",
  ])("a job in state %s is pending", (word) => {
    expect(meaningOf(word)).toEqual({ is: "live", state: "pending" });
  });

  it.each(["RUNNING", "SUSPENDED", "STOPPED", "SIGNALING", "RESIZING", "STAGE_OUT"])(
    "a job in state %s is running",
    (word) => {
      expect(meaningOf(word)).toEqual({ is: "live", state: "running" });
    },
  );

  it("a job in state COMPLETING is running, and is about to end", () => {
    expect(meaningOf("COMPLETING")).toEqual({ is: "live", state: "running", completing: true });
  });

  it.each([
    ["COMPLETED", "succeeded"],
    ["FAILED", "failed"],
    ["CANCELLED", "cancelled"],
    ["TIMEOUT", "timeout"],
    ["OUT_OF_MEMORY", "out_of_memory"],
    ["PREEMPTED", "preempted"],
    ["NODE_FAIL", "node_failure"],
    ["BOOT_FAIL", "node_failure"],
    ["DEADLINE", "deadline"],
  ])("a job in state %s has ended as %s", (word, cause) => {
    expect(meaningOf(word)).toEqual({ is: "ended", cause });
  });

  it.each(["REVOKED", "UNKNOWN", "?", "", "CANCELLED+", "OUT_OF_ME+", "completed", "CD", "LAUNCH_FAILED", "NEW_IN_27"])(
    "the meaning of the state %j is unknown",
    (word) => {
      expect(meaningOf(word)).toEqual({ is: "unknown" });
    },
  );

  it("the meaning of every recorded state is known", () => {
    const words = [
      ...["squeue", "squeue-later"].flatMap((name) => parseQueue(recorded(name))),
      ...["sacct", "sacct-runs"].flatMap((name) => parseAccounts(recorded(name))),
    ].map(({ state }) => state);
    expect(words.filter((word) => meaningOf(word).is === "unknown")).toEqual([]);
  });
});

/** The reasons of Slurm 22.05 and 26.05 (job_state_reason.c), and those for which Slurm prints a free text. */
const HELD = [
  "JobHeldUser",
  "JobHeldAdmin",
  "JobHoldMaxRequeue",
  "job requeued in held state",
  "launch failed requeued held",
  "launch failure limit exceeded requeued held",
  "user env retrieval failed requeued held",
  "ReservationDeleted",
  "ReservationInvalid",
  "BurstBufferOperation",
];

const BLOCKED = [
  "DependencyNeverSatisfied",
  "PartitionTimeLimit",
  "PartitionNodeLimit",
  "PartitionConfig",
  "BadConstraints",
  "MaxMemPerLimit",
  "InvalidAccount",
  "InvalidQOS",
  "AccountNotAllowed",
  "QOSNotAllowed",
  ...["Assoc", "QOS"].flatMap((whose) => [
    ...["MaxWallDuration", "MaxCpu", "MaxCpuMinutes", "MaxNode"].map((what) => `${whose}${what}PerJobLimit`),
    ...["BB", "Billing", "Energy", "GRES", "License", "Mem", "Memory", "Unknown"].map(
      (what) => `${whose}Max${what}PerJob`,
    ),
    ...["BB", "Billing", "Cpu", "Energy", "GRES", "Mem", "Memory", "Unknown"].map(
      (what) => `${whose}Max${what}PerNode`,
    ),
    ...["BBMinutes", "GRESMinutes", "MemMinutes", "NodeMinutes"].map((what) => `${whose}Max${what}PerJob`),
  ]),
  ...["QOSMinCpuNotSatisfied", "QOSMinBB", "QOSMinBilling", "QOSMinEnergy", "QOSMinGRES", "QOSMinLicense"],
  ...["QOSMinMemory", "QOSMinNode", "QOSMinUnknown"],
];

const WAITING = [
  ...["None", "Priority", "Resources", "Dependency", "BeginTime", "Prolog", "Cleaning", "Licenses", "SchedDefer"],
  ...["JobArrayTaskLimit", "Reservation", "FedJobLock", "MaxPoweredUpNodes", "MpiPortsBusy", "BurstBufferResources"],
  ...["BurstBufferStageIn", "Constraints", "NodeDown", "AccountingPolicy", "NvidiaImexChannels", "InvalidReason", ""],
  // Administrators bring them back.
  ...["PartitionDown", "PartitionInactive", "ReqNodeNotAvail", "ReqNodeNotAvail, UnavailableNodes:n[1-4]"],
  "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions",
  // Under limits of a user, an account, a QOS or all of an association, jobs that end make room.
  ...["AssociationJobLimit", "AssociationResourceLimit", "AssociationTimeLimit", "QOSJobLimit", "QOSResourceLimit"],
  ...["QOSTimeLimit", "QOSUsageThreshold", "AssocGrpCpuLimit", "AssocGrpCPUMinutesLimit", "AssocGrpCPURunMinutesLimit"],
  ...["AssocGrpJobsLimit", "AssocGrpMemLimit", "AssocGrpNodeLimit", "AssocGrpSubmitJobsLimit", "AssocGrpWallLimit"],
  ...["AssocMaxJobsLimit", "AssocMaxSubmitJobLimit", "AssocGrpGRES", "AssocGrpBillingMinutes", "AssocGrpUnknown"],
  ...["QOSGrpCpuLimit", "QOSGrpNodeLimit", "QOSGrpWallLimit", "QOSGrpMemoryRunMinutes", "QOSMaxCpuPerUserLimit"],
  ...["QOSMaxJobsPerUserLimit", "QOSMaxNodePerUserLimit", "QOSMaxSubmitJobPerUserLimit", "QOSMaxGRESPerUser"],
  ...["QOSMaxMemoryPerUser", "MaxCpuPerAccount", "MaxJobsPerAccount", "MaxSubmitJobsPerAccount", "MaxGRESPerAccount"],
  ...["MaxNodePerAccount", "MaxCpuRunMinsPerAccount", "MaxMemoryRunMinsPerUser"],
];

describe("what keeps a job from ever starting", () => {
  it.each(HELD)("a pending job with the reason %s is held", (reason) => {
    expect(obstacleOf(reason, "PENDING")?.is).toBe("held");
  });

  it.each(BLOCKED)("a pending job with the reason %s is blocked", (reason) => {
    expect(obstacleOf(reason, "PENDING")?.is).toBe("blocked");
  });

  it.each(WAITING)("a pending job with the reason %j will start by itself", (reason) => {
    expect(obstacleOf(reason, "PENDING")).toBeUndefined();
  });

  it("the advice for a held or blocked job says what the user can do", () => {
    expect(obstacleOf("JobHeldUser", "PENDING")?.advice).toBe("the job is held: release it with `scontrol release`");
    expect(obstacleOf("PartitionTimeLimit", "PENDING")?.advice).toBe(
      "the job asks for more time than the partition allows: shorten --time, or name another partition; cancel the job, and retry the run with --retry-failed",
    );
    // Only an administrator can release such a job.
    expect(obstacleOf("JobHeldAdmin", "PENDING")?.advice).not.toContain("scontrol");
    for (const reason of [...HELD, ...BLOCKED])
      expect(obstacleOf(reason, "PENDING")?.advice).toMatch(/release|cancel|ask/);
    expect(obstacleOf("QOSMaxWallDurationPerJobLimit", "PENDING")?.advice).toContain("--time");
    expect(obstacleOf("QOSMinGRES", "PENDING")?.advice).toContain("less than its QOS is for");
  });

  it("some states alone mean that a job is held", () => {
    expect(obstacleOf("None", "SPECIAL_EXIT")?.is).toBe("held");
    expect(obstacleOf("None", "REQUEUE_HOLD")?.is).toBe("held");
    expect(obstacleOf("Reservation tests was deleted", "RESV_DEL_HOLD")?.is).toBe("held");
  });

  it.each(["RUNNING", "COMPLETING", "FAILED", "CANCELLED", "?"])(
    "a job in state %s is neither held nor blocked, whatever its reason",
    (state) => {
      expect(obstacleOf("JobHeldUser", state)).toBeUndefined();
      expect(obstacleOf("PartitionTimeLimit", state)).toBeUndefined();
    },
  );

  it("the recorded queue shows which jobs are held and which are blocked", () => {
    const found = parseQueue(recorded("squeue"))
      .map(({ name, reason, state }) => [name, obstacleOf(reason, state)?.is])
      .filter(([, is]) => is !== undefined);
    expect(Object.fromEntries(found)).toEqual({
      ...{ never: "blocked", "too-long": "blocked", "too-wide": "blocked", "too-many": "blocked" },
      ...{ held: "held", "held-by-admin": "held", requeuehold: "held", special: "held" },
      ...{ "array-cut": "held", deadline: "held", wrapped: "held" },
    });
  });
});
