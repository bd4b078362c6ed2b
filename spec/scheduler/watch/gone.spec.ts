/** Jobs that the queue shows badly: no longer, in parts, or under a comment that is not the program's. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { emptyQueue, simulateJob } from "../simulated-jobs.js";
import { accountingAnswer, fails } from "../slurm-answers.js";
import { markOf, simulate, type VirtualSlurm } from "../virtual-slurm.js";

describe("a job that is gone", () => {
  it("a job that left the queue and still runs for accounting is lost in the end, and not run again", () => {
    const { reports } = simulateJob((slurm) => emptyQueue(slurm), { account: { id: "101", state: "RUNNING" } });
    expect(reports.at(-1)).toMatch(/^7\d\d lost$/);
  });

  it("a job that left the queue and still pends for accounting is never submitted again", () => {
    const { reports } = simulateJob(
      (slurm) => {
        slurm.submit(slurm.request());
        slurm.at(30, () => slurm.guardStarts("1.job-2", "102"));
        emptyQueue(slurm);
      },
      { account: { id: "101", state: "PENDING" } },
    );
    expect(reports.join()).toContain(" lost");
    expect(reports.join()).not.toContain("vanished");
  });

  it("a job that left the queue without a trace has vanished, if another job has left one", () => {
    const { reports } = simulateJob((slurm) => {
      slurm.submit(slurm.request());
      slurm.at(30, () => {
        slurm.guardStarts("1.job-2", "102");
        slurm.guardEnds("1.job-2", "102", 0);
        const [, other] = slurm.jobs;
        if (other !== undefined) other.state = "COMPLETED";
      });
      emptyQueue(slurm);
    });
    expect(reports.at(-1)).toMatch(/ vanished$/);
  });

  it("a job that left the queue without a trace has vanished, if its run directory is on the traces' file system", () => {
    expect(simulateJob((slurm) => emptyQueue(slurm)).reports.at(-1)).toMatch(/ vanished$/);
  });

  it("a job that left the queue without a trace is lost, if its node may not see the place for traces", () => {
    // A file system of its own.
    const directory = mkdtempSync("/dev/shm/run-");
    onTestFinished(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, "job.sh"), "#!/bin/sh\n");
    const { reports } = simulate(3000, (slurm) => {
      slurm.submit(slurm.request({ directory }));
      emptyQueue(slurm);
    });
    expect(reports.at(-1)).toMatch(/ lost$/);
  });

  it("the program waits three times as long for a missing job while accounting is silent, and asks it ever less", () => {
    const { reports, runs } = simulateJob(
      (slurm) => {
        slurm.sacct = () => fails("sacct: error: Problem talking to the database: Connection refused\n");
        emptyQueue(slurm);
      },
      { script: "job.py" },
    );
    expect(reports.at(-1)).toMatch(/^(19|20)\d\d lost$/);
    expect(runs.sacct.length).toBeLessThan(12);
  });

  it("a reused job id is not mistaken for the old job", () => {
    const { reports } = simulateJob(
      (slurm, job) => {
        slurm.at(100, () => {
          Object.assign(job(), { comment: "me:other.1", state: "COMPLETED", submitted: "2026-01-02T00:00:00" });
        });
      },
      { script: "job.py" },
    );
    expect(reports.at(-1)).toMatch(/ lost$/);
  });

  it("an account with a reused id and another time of submission is not the old job's end", () => {
    const { reports } = simulateJob(
      (slurm) => {
        emptyQueue(slurm);
        slurm.sacct = () => accountingAnswer({ id: "101", state: "COMPLETED", submitted: "2026-01-02T00:00:00" });
      },
      { script: "job.py" },
    );
    expect(reports.at(-1)).toMatch(/ lost$/);
  });
});

describe("a site that replaces the jobs' comments", () => {
  it("the program watches a job that it has just submitted, though the site replaced its comment", () => {
    const { reports } = simulate(6000, (slurm) => {
      slurm.sbatch = () => ({ stdout: "101\n" });
      const job = { id: "101", state: "RUNNING", comment: "project=x" };
      slurm.jobs.push(job);
      slurm.submit();
      slurm.at(5000, () => {
        job.state = "COMPLETED";
      });
    });
    expect(reports.at(-1)).toMatch(/^50\d\d succeeded$/);
  });

  it("an adopted job without its mark in the queue is known by its guard's claim", () => {
    const { reports } = simulate(6000, (slurm) => {
      slurm.jobs.push({ id: "55", state: "RUNNING", comment: "project=x" });
      slurm.guardStarts("1.job-1", "55");
      slurm.record(slurm.backend.adopt$(slurm.request(), { id: "55", boot: "b" }));
      slurm.record(slurm.backend.watch$("55"));
      slurm.at(5000, () => {
        for (const job of slurm.jobs) job.state = "COMPLETED";
      });
    });
    expect(reports.slice(0, 2)).toEqual(["0 job 55", "0 running"]);
    expect(reports.at(-1)).toMatch(/^50\d\d succeeded$/);
  });

  it("an adopted job without its mark in the queue is known by its command line in accounting", () => {
    const { reports } = simulate(6000, (slurm) => {
      const request = slurm.request();
      const line = `sbatch --comment=me:${markOf(slurm, "1.job-1")} job.sh`;
      slurm.sacct = () => accountingAnswer({ id: "55", state: "RUNNING", line });
      slurm.jobs.push({ id: "55", state: "RUNNING", comment: "project=x" });
      slurm.record(slurm.backend.adopt$(request, { id: "55", boot: "b" }));
      slurm.record(slurm.backend.watch$("55"));
      slurm.at(5000, () => {
        for (const job of slurm.jobs) job.state = "COMPLETED";
      });
    });
    expect(reports.at(-1)).toMatch(/^50\d\d succeeded$/);
  });
});

describe("an array", () => {
  const tasks = (slurm: VirtualSlurm, ...states: readonly string[]) => {
    const comment = `me:${markOf(slurm, "1.job-1")}`;
    const rows = states.map((state, index) => ({ id: `101_${index}`, raw: String(200 + index), state, comment }));
    slurm.jobs.splice(0, slurm.jobs.length, ...rows);
  };

  it("an array fails with a task that failed, even if the queue has forgotten that task by the end", () => {
    const { reports } = simulateJob((slurm) => {
      slurm.at(30, () => tasks(slurm, "RUNNING", "OUT_OF_MEMORY", "PENDING"));
      slurm.at(500, () => tasks(slurm, "COMPLETED"));
    });
    expect(reports.at(-1)).toMatch(/^5\d\d out_of_memory$/);
  });

  it("an array fails with a task whose failure only accounting shows", () => {
    const { reports } = simulateJob(
      (slurm) => {
        slurm.at(30, () => tasks(slurm, "RUNNING"));
        slurm.at(500, () => tasks(slurm, "COMPLETED"));
      },
      { account: { id: "101_1", state: "TIMEOUT" } },
    );
    expect(reports.at(-1)).toMatch(/^5\d\d timeout$/);
  });

  it("an array has not ended while one task pends and another completes", () => {
    const { reports } = simulateJob(
      (slurm) => {
        slurm.at(30, () => {
          tasks(slurm, "COMPLETING", "PENDING");
          slurm.guardStarts("1.job-1", "101");
          slurm.guardEnds("1.job-1", "101", 0);
        });
      },
      { seconds: 2000 },
    );
    expect(reports.join()).not.toMatch(/succeeded|failed|lost/);
  });
});
