/** Submitting at most once, whatever sbatch prints or does not print. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bootId } from "../../../lib/system/processes/process-identity.js";
import { simulateSubmission } from "../simulated-jobs.js";
import { accountingAnswer, fails, siteAnswer } from "../slurm-answers.js";
import { markOf, type SbatchRun, simulate, type VirtualSlurm } from "../virtual-slurm.js";
import { REFUSED, TIMED_OUT } from "./sbatch-failures.js";

describe("sbatch", () => {
  it.each<[how: string, sbatch: SbatchRun]>([
    [
      "prints a site's banner around the id",
      { stdout: "Welcome!\n101\nYou have used 3 % of your hours.\n", queued_after_s: 0 },
    ],
    [
      "complains of something besides",
      {
        stdout: "101\n",
        stderr: "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\n",
        queued_after_s: 0,
      },
    ],
    ["is a wrapper that ends with 1", { status: 1, stdout: "101\n", queued_after_s: 0 }],
    ["prints the id in a sentence", { stdout: "Submitted batch job 101\n", queued_after_s: 0 }],
    ["names this cluster", { stdout: "101;here\n", queued_after_s: 0 }],
    [
      "prints the id and then waits for the job's end",
      { stdout: "101\n", printsEarly: true, takes_s: 5000, queued_after_s: 0 },
    ],
  ])("a job is submitted by an sbatch that %s", (_, sbatch) => {
    const { reports, runs } = simulateSubmission(100, () => sbatch);
    expect(reports.slice(0, 2)).toEqual([expect.stringMatching(/^[02] job 101$/), expect.stringMatching(/ pending$/)]);
    expect(runs.sbatch).toHaveLength(1);
  });

  it("the program does not repeat an sbatch that timed out, and finds its job in the queue", () => {
    const { reports, runs } = simulateSubmission(300, () => ({ ...TIMED_OUT, takes_s: 10, queued_after_s: 65 }));
    expect(reports).toEqual(["10 waits", "70 job 101", "70 pending"]);
    expect(runs.sbatch).toEqual([0]);
  });

  it("the program finds the job of an unclear sbatch in accounting, if the job has left the queue", () => {
    const { reports } = simulateSubmission(
      400,
      () => TIMED_OUT,
      (slurm) => {
        slurm.scontrol = () => siteAnswer({ MinJobAge: "2 sec" });
        slurm.sacct = () =>
          accountingAnswer({
            id: "101",
            state: "COMPLETED",
            line: `sbatch --comment=me:${markOf(slurm, "1.job-1")} job.sh`,
          });
      },
    );
    expect(reports.slice(0, 2)).toEqual(["0 waits", "120 job 101"]);
    expect(reports.at(-1)).toMatch(/ succeeded$/);
  });

  it("the program finds the job of an unclear sbatch by its guard's claim", () => {
    const { reports } = simulateSubmission(
      300,
      () => TIMED_OUT,
      (slurm) => slurm.at(30, () => slurm.guardStarts("1.job-1", "101")),
    );
    expect(reports.slice(0, 2)).toEqual(["0 waits", "40 job 101"]);
  });

  it("a job in doubt is certainly absent after two minutes, and a later one is fenced off", () => {
    const { reports, claims, runs } = simulateSubmission(300, () => TIMED_OUT);
    expect(reports).toEqual(["0 waits"]);
    expect(runs.squeue.filter((at) => at <= 120)).toHaveLength(7);
    expect(readdirSync(claims.path(markOf({ claims }, "1.job-1")))).toContain("claim");
  });

  it("the program fences off a submission that could have come and gone unseen, if it is guarded", () => {
    const { reports, claims } = simulateSubmission(
      300,
      () => TIMED_OUT,
      (slurm) => {
        slurm.scontrol = () => siteAnswer({ MinJobAge: "2 sec" });
      },
    );
    expect(reports).toEqual(["0 waits"]);
    expect(readdirSync(claims.path(markOf({ claims }, "1.job-1")))).toContain("claim");
  });

  it("the program waits for a job in doubt for twice the site's message timeout, if that is longer", () => {
    const { claims } = simulateSubmission(
      190,
      () => TIMED_OUT,
      (slurm) => {
        slurm.scontrol = () => siteAnswer({ MessageTimeout: "100 sec" });
      },
    );
    expect(readdirSync(claims.path(markOf({ claims }, "1.job-1")))).not.toContain("claim");
  });

  it("the program looks for the job of an sbatch that has not ended after ten minutes", () => {
    const { reports } = simulateSubmission(800, () => ({ ...TIMED_OUT, takes_s: 9999, queued_after_s: 650 }));
    expect(reports).toEqual(["30 waits", "600 waits", "660 job 101", "660 pending"]);
  });

  it("the run fails when an sbatch succeeds without an id and without a job for the second time", () => {
    const silent = { stdout: "sbatch: Job 12 to start at noon\n" };
    const slurm = simulate(900, (slurm) => {
      slurm.sbatch = () => silent;
      slurm.submit();
      slurm.at(300, () => slurm.submit());
    });
    expect(slurm.reports).toEqual(["0 waits", "300 waits", "420 not_started"]);
  });

  it("the program submits nothing while the disk has no room for the record of an sbatch", () => {
    const { reports, runs } = simulateSubmission(100, (number) => (number < 4 ? { diskFull: true } : {}));
    expect(reports).toEqual(["0 waits", "20 waits", "40 waits", "60 job 104", "60 pending"]);
    expect(runs.sbatch).toEqual([0, 20, 40, 60]);
  });

  it("a later start finds the job of an sbatch that ran after the disk had been full", () => {
    const slurm = simulate(200, (slurm) => {
      slurm.sbatch = (number) => (number < 4 ? { diskFull: true } : {});
      const request = slurm.request();
      slurm.submit(request);
      // As if the program had been killed before it noted the id.
      slurm.at(100, () => slurm.record(slurm.backend.adopt$(request, { boot: bootId() })));
    });
    expect(slurm.reports).toEqual(["0 waits", "20 waits", "40 waits", "60 job 104", "60 pending", "100 job 104"]);
  });

  it("a job that Slurm refuses fails at once", () => {
    const { reports } = simulateSubmission(10, () => REFUSED);
    expect(reports).toEqual(["0 not_started"]);
  });
});

describe("a job without a guard", () => {
  const unguarded = (act: (slurm: VirtualSlurm) => void) =>
    simulate(9000, (slurm) => {
      slurm.sbatch = () => TIMED_OUT;
      act(slurm);
      slurm.submit(slurm.request({ script: "job.py" }));
    });

  it("an unguarded job in doubt is lost where it could have come and gone unseen", () => {
    const { reports, runs } = unguarded((slurm) => {
      slurm.scontrol = () => siteAnswer({ MinJobAge: "10 sec" });
    });
    expect(reports).toEqual(["0 waits", "120 lost"]);
    expect(runs.sbatch).toEqual([0]);
  });

  it("an unguarded job in doubt is certainly absent where every poll would have shown it", () => {
    expect(unguarded(() => undefined).reports).toEqual(["0 waits"]);
  });

  it("an unguarded job is lost while its sbatch hangs and may still submit it", () => {
    const { reports, runs } = unguarded((slurm) => {
      slurm.sbatch = () => ({ ...TIMED_OUT, takes_s: 99_999 });
    });
    expect(reports).toEqual(["30 waits", "600 waits", "720 lost"]);
    expect(runs.sbatch).toEqual([0]);
  });

  it("an unguarded job in doubt is lost after Slurm was away for longer than the queue shows ended jobs", () => {
    const { reports } = unguarded((slurm) => {
      slurm.squeue = () => fails("squeue: error: Unable to contact slurm controller");
      slurm.at(500, () => {
        slurm.squeue = () => "queue";
      });
    });
    expect(reports.at(-1)).toMatch(/ lost$/);
  });

  it("the program waits an hour for silent accounting before an unguarded job in doubt is lost", () => {
    const { reports } = unguarded((slurm) => {
      slurm.scontrol = () => siteAnswer({ MinJobAge: "10 sec" });
      slurm.sacct = () => fails("sacct: error: Problem talking to the database");
    });
    expect(reports).toEqual(["0 waits", expect.stringMatching(/^36\d\d lost$/)]);
  });
});
