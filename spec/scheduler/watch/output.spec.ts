/** Which file a failed job's output went to, and that the job's failure names it. */
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { literally, newestMatch } from "../../../lib/scheduler/watch/output.js";
import { directoryWith } from "../../support/program.js";
import { emptyQueue, simulateJob } from "../simulated-jobs.js";
import { simulate, type VirtualSlurm } from "../virtual-slurm.js";

describe("the newest file that matches", () => {
  it("of several files that match, the one that was written last is a job's output", () => {
    const directory = directoryWith({ "task.1": "", "task.2": "", "task.10": "", "other.3": "" });
    for (const [index, name] of ["task.1", "task.10", "task.2", "other.3"].entries())
      utimesSync(join(directory, name), 1000 + index, 1000 + index);
    expect(newestMatch({ directory, file: /^task\.\d+$/ })).toBe(join(directory, "task.2"));
  });

  it("a directory or a device is not a job's output", () => {
    const directory = directoryWith({});
    mkdirSync(join(directory, "out.txt"));
    expect(newestMatch({ directory, file: /^out\.txt$/ })).toBeUndefined();
    expect(newestMatch({ directory: "/dev", file: /^null$/ })).toBeUndefined();
  });

  it("a job has no known output where the directory is missing or its script cannot be read", () => {
    expect(newestMatch({ directory: "/no/such/directory", file: /./ })).toBeUndefined();
    expect(newestMatch(undefined)).toBeUndefined();
  });

  it("literally() escapes a text, so that the pattern matches only that text", () => {
    for (const text of ["a.b", "a+b", "(a|b)*", "a\\b", "[a]{2}^$?/"])
      expect(new RegExp(`^${literally(text)}$`).test(text)).toBe(true);
    expect(new RegExp(`^${literally("a.b")}$`).test("axb")).toBe(false);
  });
});

describe("the failure of a job", () => {
  /** A job with `-o %x.txt`, which fails in second 30 after it has written some files. */
  const failing = (files: Readonly<Record<string, string>>, then: (slurm: VirtualSlurm) => void) =>
    simulate(3000, (slurm) => {
      const request = slurm.request();
      writeFileSync(join(request.directory, "job.sh"), "#!/bin/sh\n#SBATCH -o %x.txt\nexit 1\n");
      slurm.submit(request);
      slurm.at(30, () => {
        for (const [name, text] of Object.entries(files)) writeFileSync(join(request.directory, name), text);
        then(slurm);
      });
    });
  const fail = ({ jobs }: VirtualSlurm) => {
    for (const job of jobs) job.state = "FAILED";
  };
  const failureOf = ({ ends }: VirtualSlurm) => ends.map(({ failure }) => failure);

  it("the failure of a job names the file with its output, and shows the last lines", () => {
    const slurm = failing({ "tst-0.txt": "step 1\ndiverged\n" }, fail);
    const log = join(slurm.request().directory, "tst-0.txt");
    expect(failureOf(slurm)).toMatchObject([{ cause: "failed", log, output: "step 1\ndiverged" }]);
  });

  it("the failure of a job names no file of another job, and none that does not exist", () => {
    const [failure] = failureOf(failing({ "tst-1.txt": "other\n" }, fail));
    expect(failure).toMatchObject({ cause: "failed" });
    expect(failure).not.toHaveProperty("log");
  });

  it("the output of a job that the queue has forgotten is found by the job name that the queue showed earlier", () => {
    const slurm = failing({ "tst-0.txt": "diverged\n", "tst-1.txt": "newer, and of another job\n" }, (slurm) => {
      utimesSync(join(slurm.request().directory, "tst-0.txt"), 1000, 1000);
      slurm.guardStarts("1.job-1", "101");
      slurm.guardEnds("1.job-1", "101", 3);
      emptyQueue(slurm, 70);
    });
    expect(failureOf(slurm)).toMatchObject([{ cause: "failed", status: 3, output: "diverged" }]);
  });

  it("a job that did not start has no output, though a file with the name of its output exists", () => {
    const [failure] = failureOf(
      failing({ "tst-0.txt": "of an earlier job\n" }, (slurm) => {
        fail(slurm);
        for (const job of slurm.jobs) job.reason = "JobLaunchFailure";
      }),
    );
    expect(failure).toMatchObject({ cause: "not_started" });
    expect(failure).not.toHaveProperty("log");
  });

  it("a job that succeeds reports no output", () => {
    const { ends } = simulateJob((slurm, job) => {
      slurm.at(30, () => {
        writeFileSync(join(slurm.request().directory, "slurm-101.out"), "done\n");
        job().state = "COMPLETED";
      });
    });
    expect(ends.map((end) => Object.keys(end).sort())).toEqual([["evidence", "state"]]);
  });
});
