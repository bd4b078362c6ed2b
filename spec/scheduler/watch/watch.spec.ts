/** Watching jobs in a Slurm that may be away, may hang, and may show anything. */
import { describe, expect, it } from "vitest";
import { emptyQueue, simulateJob } from "../simulated-jobs.js";
import { ACCOUNTING_DISABLED, fails, prints } from "../slurm-answers.js";
import { simulate } from "../virtual-slurm.js";

const AWAY = fails("slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n");

const pendingThen = (...more: readonly string[]) => ["0 job 101", "0 pending", ...more];

describe("the queue", () => {
  it("the program concludes nothing about a job while the queue is away, for however long", () => {
    const { reports } = simulateJob((slurm, job) => {
      slurm.at(70, () => {
        job().state = "RUNNING";
        slurm.squeue = () => AWAY;
      });
      slurm.at(2000, () => {
        slurm.squeue = () => "queue";
        job().state = "COMPLETED";
      });
    });
    expect(reports).toEqual(pendingThen("80 backend.silent", "2120 backend.answered", "2120 succeeded"));
  });

  it("an squeue that only complains is not taken for an empty queue", () => {
    const { reports } = simulateJob((slurm) => {
      slurm.squeue = () => ({ status: 1, stdout: "", stderr: "Invalid job id specified" });
    });
    expect(reports).toEqual(["0 job 101", "0 backend.silent"]);
  });

  it("an squeue that hangs is given up, and the program reports that it waits", () => {
    const { reports, runs } = simulateJob(
      (slurm) => {
        slurm.squeue = () => undefined;
      },
      { seconds: 1000 },
    );
    expect(reports).toEqual(["0 job 101", "30 backend.silent", "240 backend.silent"]);
    expect(runs.squeue).toEqual([0, 360, 840]);
  });

  it("one poll serves five hundred jobs, and one query of accounting all that are missing", () => {
    const { runs, reports } = simulate(2000, (slurm) => {
      slurm.sacct = () => prints();
      for (let job = 0; job < 500; job += 1) slurm.submit(slurm.request({ name: `tst-${job}` }));
      slurm.at(600, () => slurm.jobs.splice(0));
      slurm.at(700, () => {
        slurm.sacct = () => ACCOUNTING_DISABLED;
      });
    });
    expect(reports.filter((report) => report.includes("pending"))).toHaveLength(500);
    expect(runs.squeue.length).toBeLessThan(2000 / 60 + 10);
    expect(runs.sacct.length).toBeLessThan(runs.squeue.length);
    const [first = []] = runs.sacct;
    expect(first[first.indexOf("-j") + 1]?.split(",")).toHaveLength(500);
  });

  it("a cluster that does not answer does not delay the jobs of another cluster", () => {
    const { reports } = simulate(5000, (slurm) => {
      slurm.sbatch = (number) => (number === 1 ? { stdout: "101;there\n" } : {});
      slurm.squeue = (words) => (words.includes("there") ? AWAY : "queue");
      slurm.submit();
      slurm.at(5, () => slurm.submit());
      slurm.at(100, () => {
        for (const job of slurm.jobs) job.state = "COMPLETED";
      });
    });
    expect(reports).toContain("140 succeeded");
    // Nothing is known of the job on the silent cluster, and nothing is concluded.
    expect(reports.join()).not.toContain("lost");
  });
});

describe("a state in the queue", () => {
  it.each(["REVOKED", "SOMETHING_NEW", "?"])("the unknown state %s decides nothing", (state) => {
    const { reports } = simulateJob((slurm, job) => {
      slurm.at(30, () => {
        job().state = state;
      });
      slurm.at(900, () => {
        job().state = "COMPLETED";
      });
    });
    expect(reports).toEqual(pendingThen(expect.stringMatching(/^9\d\d succeeded$/) as string));
  });

  it("a job may return from COMPLETING to any other state", () => {
    const { reports } = simulateJob((slurm, job) => {
      for (const [at, state] of [
        [30, "RUNNING"],
        [90, "COMPLETING"],
        [150, "PENDING"],
        [400, "RUNNING"],
        [500, "COMPLETED"],
      ] as const)
        slurm.at(at, () => {
          job().state = state;
        });
    });
    expect(reports.map((report) => report.replace(/^\d+ /, ""))).toEqual([
      ...["job 101", "pending", "running", "pending", "running", "succeeded"],
    ]);
  });

  it("a job that completes for ten minutes ends as its guard has recorded", () => {
    const { reports } = simulateJob((slurm, job) => {
      slurm.at(30, () => {
        slurm.guardStarts("1.job-1", "101");
        job().state = "COMPLETING";
      });
      slurm.at(200, () => slurm.guardEnds("1.job-1", "101", 3));
    });
    expect(reports.at(-1)).toMatch(/^6\d\d failed 3$/);
  });

  it("the program reports a job as held or blocked after a few polls, and as pending once that is over", () => {
    const { reports } = simulateJob((slurm, job) => {
      slurm.at(1, () => {
        job().reason = "JobHeldUser";
      });
      slurm.at(300, () => {
        job().reason = "PartitionTimeLimit";
      });
      slurm.at(800, () => {
        job().reason = "Priority";
      });
    });
    expect(reports.map((report) => report.replace(/^\d+ /, ""))).toEqual([
      ...["job 101", "pending", "held", "pending", "blocked", "pending"],
    ]);
  });
});

describe("the end of a job", () => {
  it.each([
    ["OUT_OF_MEMORY", 0, "", "out_of_memory"],
    // A script may trap what tells it to end, and end as if all were well.
    ["TIMEOUT", 0, "signalled", "timeout"],
    ["NODE_FAIL", 0, "signalled", "node_failure"],
    ["PREEMPTED", 0, "signalled", "preempted"],
    // After a crash, slurmctld took the job for running long after its end.
    ["TIMEOUT", 0, "", "succeeded"],
    ["CANCELLED", 0, "", "succeeded"],
    ["DEADLINE", 1, "", "deadline"],
    ["FAILED", 137, "", "failed SIGKILL"],
    ["COMPLETED", 0, "", "succeeded"],
  ] as const)(
    "a job in state %s whose guard recorded status %i %s is reported as %s",
    (state, status, signalled, end) => {
      const { reports } = simulateJob((slurm, job) =>
        slurm.at(30, () => {
          slurm.guardStarts("1.job-1", "101");
          slurm.guardEnds("1.job-1", "101", status, signalled || undefined);
          job().state = state;
        }),
      );
      expect(reports.at(-1)).toBe(`80 ${end}`);
    },
  );

  it("the program waits for a failed job's marker that is late", () => {
    const { reports } = simulateJob((slurm, job) => {
      slurm.at(30, () => {
        slurm.guardStarts("1.job-1", "101");
        job().state = "FAILED";
      });
      slurm.at(90, () => slurm.guardEnds("1.job-1", "101", 9));
    });
    expect(reports.at(-1)).toBe("100 failed 9");
  });

  it("a failed job whose end accounting does not show yet has not succeeded", () => {
    const { reports } = simulateJob(
      (slurm, job) =>
        slurm.at(30, () => {
          job().state = "FAILED";
        }),
      { script: "job.py", account: { id: "101", state: "RUNNING" } },
    );
    expect(reports.at(-1)).toMatch(/ failed$/);
  });

  it.each([
    ["FAILED", "2:0", "failed 2"],
    ["FAILED", "0:53", "not_started"],
    ["FAILED", "0:11", "failed SIGSEGV"],
    ["CANCELLED by 99999", "0:15", "cancelled_by_system"],
    ["PREEMPTED", "0:0", "preempted"],
    ["OUT_OF_MEMORY", "0:125", "out_of_memory"],
  ])("a missing job that ended as %s %s in accounting is reported as %s", (state, exit, end) => {
    const account = { id: "101", state, exit };
    const { reports } = simulateJob((slurm) => emptyQueue(slurm), { account, script: "job.py" });
    expect(reports.at(-1)?.replace(/^\d+ /, "")).toBe(end);
  });
});
