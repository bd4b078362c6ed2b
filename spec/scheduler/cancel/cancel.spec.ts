/** Cancelling jobs: what the cancel program says against it, and what the queue shows afterwards. */
import { asyncScheduler } from "rxjs";
import { describe, expect, it } from "vitest";
import { SLURM } from "../../../lib/backends/slurm/dialect.js";
import type { CancelReport } from "../../../lib/effects/cancel.js";
import { bundles } from "../../../lib/scheduler/cancel/bundles.js";
import { cancel$ } from "../../../lib/scheduler/cancel/cancel.js";
import type { Dialect } from "../../../lib/scheduler/dialect.js";
import type { ExecResult } from "../../../lib/system/processes/exec.js";
import { subscribe } from "../../support/virtual.js";
import { accountingAnswer, fails, type QueuedJob } from "../slurm-answers.js";
import { markOf, simulate, type VirtualSlurm } from "../virtual-slurm.js";

const AGAIN = fails("scancel: error: Kill job error on job id 101: Socket timed out on send/recv operation\n");
const DENIED = fails("scancel: error: Kill job error on job id 101: Access/permission denied\n");
const JUST_ENDED = fails("scancel: error: Kill job error on job id 101: Job/step already completing or completed\n");

interface Cancelling {
  readonly slurm: VirtualSlurm;
  /** Each report with its second. */
  readonly reports: readonly string[];
  /** In which second scancel ran, and the ids of each run. */
  readonly seconds: readonly number[];
  readonly ids: readonly (readonly string[])[];
  readonly messages: readonly string[];
}

/** Cancels running jobs with the ids 101, 102 …; `scancel` answers its runs, which are numbered from 1. */
const cancelling = (
  scancel: (run: number, slurm: VirtualSlurm) => ExecResult,
  { count = 1, dialect = SLURM, act = (_: VirtualSlurm): void => undefined, cluster = "" } = {},
): Cancelling => {
  const [reports, seconds, messages]: [string[], number[], string[]] = [[], [], []];
  const now = () => Math.round(asyncScheduler.now() / 1000);
  const slurm = simulate(600, (made) => {
    const targets = Array.from({ length: count }, (_, index) => {
      const [token, id] = [`1.job-${index + 1}`, String(101 + index)];
      made.jobs.push({ id, state: "RUNNING", comment: `me:${markOf(made, token)}` });
      return { what: `tst-${index}`, token, id: `${id}${cluster}`, boot: "b", claims: made.claims };
    });
    made.scancel = () => {
      seconds.push(now());
      return scancel(seconds.length, made);
    };
    act(made);
    subscribe(made.until(cancel$(dialect, made.exec, targets)), (report: CancelReport) => {
      const what = "what" in report ? report.what : "";
      reports.push(`${now()} ${report.is} ${what}`.trim());
      if ("message" in report) messages.push(report.message);
    });
  });
  return { slurm, reports, seconds, ids: slurm.runs.scancel, messages };
};

const ok: ExecResult = { status: 0, stdout: "", stderr: "" };

const endAll = (jobs: readonly QueuedJob[], state: string) => {
  for (const job of jobs) job.state = state;
};

/** A scancel that cancels all jobs at once. */
const cancelsAll = (_: number, { jobs }: VirtualSlurm): ExecResult => {
  endAll(jobs, "CANCELLED");
  return ok;
};

describe("what the cancel program says", () => {
  it("a job is cancelled once, and reported when the queue shows its end", () => {
    const { reports, seconds } = cancelling(cancelsAll);
    expect([reports, seconds]).toEqual([["2 cancelled tst-0"], [0]]);
  });

  it("an objection that may pass has the job cancelled again at each poll, and refused after five times", () => {
    const { reports, seconds, messages } = cancelling(() => AGAIN);
    expect(seconds).toHaveLength(5);
    expect(reports).toEqual([`${String(seconds.at(-1))} refused tst-0`]);
    expect(messages).toEqual(["Kill job error on job id 101: Socket timed out on send/recv operation"]);
  });

  it("an objection that has passed leaves the job to be cancelled", () => {
    const { reports, seconds } = cancelling((run, slurm) => (run <= 4 ? AGAIN : cancelsAll(run, slurm)));
    expect(seconds).toHaveLength(5);
    expect(reports).toEqual([expect.stringMatching(/^\d+ cancelled tst-0$/)]);
  });

  it("a final objection refuses the job at once", () => {
    const { reports, seconds, messages } = cancelling(() => DENIED);
    expect([reports, seconds]).toEqual([["0 refused tst-0"], [0]]);
    expect(messages).toEqual(["Kill job error on job id 101: Access/permission denied"]);
  });

  it("a job that ends while it is cancelled is reported as the next poll shows it", () => {
    const completed = cancelling((_, { jobs }) => {
      endAll(jobs, "COMPLETED");
      return JUST_ENDED;
    });
    expect([completed.reports, completed.seconds]).toEqual([["2 ended tst-0"], [0]]);
    const cancelled = cancelling((_, { jobs }) => {
      endAll(jobs, "CANCELLED");
      return JUST_ENDED;
    });
    expect(cancelled.reports).toEqual(["2 cancelled tst-0"]);
  });

  it("a cancel program that is not there refuses the job at once", () => {
    const { reports, messages } = cancelling(() => ({ status: null, stdout: "", stderr: "", problem: "ENOENT" }));
    expect([reports, messages]).toEqual([["0 refused tst-0"], ["there is no scancel here"]]);
  });

  it("an objection to one job leaves the others of the same command alone", () => {
    const { reports } = cancelling(
      (_, { jobs }) => {
        endAll(jobs.slice(1), "CANCELLED");
        return DENIED;
      },
      { count: 3 },
    );
    expect(reports).toEqual(["0 refused tst-0", "2 cancelled tst-1", "2 cancelled tst-2"]);
  });
});

describe("what the queue shows afterwards", () => {
  it("a job that does not end is cancelled again every 30 s", () => {
    const { reports, seconds } = cancelling((run, slurm) => (run < 4 ? ok : cancelsAll(run, slurm)));
    expect(seconds).toHaveLength(4);
    for (const [index, second] of seconds.slice(1).entries())
      expect(second - (seconds[index] ?? 0)).toBeGreaterThanOrEqual(30);
    expect(reports).toEqual([expect.stringMatching(/^\d+ cancelled tst-0$/)]);
  });

  it("a job that still completes a minute after it was cancelled is reported as ending", () => {
    const { reports, seconds } = cancelling((_, { jobs }) => {
      endAll(jobs, "COMPLETING");
      return ok;
    });
    expect(seconds).toEqual([0]);
    expect(reports).toEqual([expect.stringMatching(/^6\d ending tst-0$/)]);
  });

  it("a job that leaves the queue after it was cancelled is reported after two polls", () => {
    const { reports } = cancelling((_, { jobs }) => {
      jobs.splice(0);
      return ok;
    });
    expect(reports).toEqual(["4 left_queue tst-0"]);
  });

  it.each([
    ["0:9", "cancelled"],
    ["0:53", "cancelled"],
    ["1:0", "ended"],
  ])(
    "a job that has left the queue and failed with %s in accounting after it was cancelled is reported as %s",
    (exit, is) => {
      const { reports } = cancelling((_, slurm) => {
        slurm.jobs.splice(0);
        const line = `sbatch --comment=me:${markOf(slurm, "1.job-1")} job.sh`;
        slurm.sacct = () => accountingAnswer({ id: "101", state: "FAILED", exit, line });
        return ok;
      });
      expect(reports).toEqual([`4 ${is} tst-0`]);
    },
  );

  it("a job that was killed before it could be cancelled has ended by itself", () => {
    const { reports, ids } = cancelling(() => ok, {
      act: (slurm) => {
        slurm.jobs.splice(0);
        const line = `sbatch --comment=me:${markOf(slurm, "1.job-1")} job.sh`;
        slurm.sacct = () => accountingAnswer({ id: "101", state: "FAILED", exit: "0:9", line });
      },
    });
    expect([reports, ids]).toEqual([["2 ended tst-0"], []]);
  });

  it("a job whose id another job has by now has left the queue, and the other job is not cancelled", () => {
    const { reports, ids } = cancelling(() => ok, {
      act: (slurm) => {
        for (const job of slurm.jobs) job.comment = "me:other.1";
        slurm.sacct = () => accountingAnswer({ id: "101", state: "RUNNING" });
      },
    });
    expect([reports, ids]).toEqual([["2 left_queue tst-0"], []]);
  });

  it("a job whose queue showed that it was being cancelled counts as cancelled, whatever its end", () => {
    const dialect: Dialect = {
      ...SLURM,
      queueRows: (answers) =>
        SLURM.queueRows(answers)?.map((row) =>
          row.state === "SIGNALING"
            ? { ...row, meaning: { is: "live", state: "running", cancelling: true } as const }
            : row,
        ),
    };
    const failing = (state: string) =>
      cancelling(
        (_, slurm) => {
          endAll(slurm.jobs, state);
          slurm.at(5, () => endAll(slurm.jobs, "FAILED"));
          return ok;
        },
        { dialect },
      ).reports.map((report) => report.replace(/^\d+ /, ""));
    expect([failing("SIGNALING"), failing("RUNNING")]).toEqual([["cancelled tst-0"], ["ended tst-0"]]);
  });

  it("the program concludes nothing while the queue is away, and reports that it waits", () => {
    const { reports } = cancelling(cancelsAll, {
      act: (slurm) => {
        slurm.squeue = () => fails("squeue: error: Unable to contact slurm controller\n");
        slurm.at(100, () => {
          slurm.squeue = () => "queue";
        });
      },
    });
    expect(reports).toEqual(["0 no_answer", expect.stringMatching(/^1\d\d cancelled tst-0$/)]);
  });
});

describe("the commands", () => {
  it("one command names as many jobs as the dialect allows", () => {
    const dialect: Dialect = { ...SLURM, cancelAtOnce: 2 };
    const { reports, ids } = cancelling(
      (run, { jobs }) => {
        endAll(jobs.slice(0, 2 * run), "CANCELLED");
        return ok;
      },
      { count: 5, dialect },
    );
    expect(ids).toEqual([["101", "102"], ["103", "104"], ["105"]]);
    expect(reports).toHaveLength(5);
  });

  it("a job without a mark in the state directory is refused, and its id is not passed on", () => {
    const [reports, ids]: [CancelReport[], (readonly string[])[]] = [[], []];
    simulate(60, (slurm) => {
      slurm.jobs.push({ id: "101", state: "RUNNING", comment: "me:other.1" });
      slurm.scancel = (words) => {
        ids.push(words);
        return ok;
      };
      const claims = { path: (name: string) => `/no/such/state/${name}` };
      const target = { what: "tst-0", token: "1.job-1", id: "101", boot: "b", claims };
      subscribe(slurm.until(cancel$(SLURM, slurm.exec, [target])), (report) => reports.push(report));
    });
    expect([reports, ids]).toMatchObject([
      [{ is: "refused", what: "tst-0", job: "101", message: expect.stringContaining("slurm-identity") as string }],
      [],
    ]);
  });

  it("jobs of different clusters are named in different commands, by their ids there", () => {
    const jobs = ["7", "8;there", "9", "10;there", "11;there"];
    expect(bundles(jobs, (id) => id, 2).map(({ cluster, ids }) => [cluster, ids])).toEqual([
      [undefined, ["7", "9"]],
      ["there", ["8", "10"]],
      ["there", ["11"]],
    ]);
  });
});
