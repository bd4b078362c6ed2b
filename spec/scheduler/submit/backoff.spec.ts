/** Back-pressure: how long submissions wait after a refusal. */
import { describe, expect, it } from "vitest";
import { simulateSubmission } from "../simulated-jobs.js";
import { AWAY, LIMIT, TIMED_OUT } from "./sbatch-failures.js";

describe("backoff", () => {
  it("after a refusal all submissions wait, twice as long after each further refusal", () => {
    const { runs, reports } = simulateSubmission(
      5000,
      () => LIMIT,
      (slurm) => {
        slurm.at(30, () => slurm.submit());
        slurm.at(31, () => slurm.submit());
      },
    );
    // One alone; then two, as many as may run at once.
    expect(runs.sbatch.slice(0, 5)).toEqual([0, 20, 60, 60, 140]);
    expect(runs.sbatch.length).toBeLessThan(25);
    expect(reports.some((report) => /succeeded|lost|not_started/.test(report))).toBe(false);
  });

  it("the backoff ends with the first submission that succeeds", () => {
    const { runs } = simulateSubmission(
      200,
      (number) => (number <= 3 ? LIMIT : {}),
      (slurm) => {
        for (let more = 0; more < 4; more += 1) slurm.at(65, () => slurm.submit());
      },
    );
    expect(runs.sbatch).toEqual([0, 20, 60, 140, 140, 140, 140, 140]);
  });

  it("the backoff ends with the first job that ends", () => {
    const { runs } = simulateSubmission(
      300,
      (number) => (number === 2 ? LIMIT : {}),
      (slurm) => {
        slurm.at(1, () => slurm.submit());
        slurm.at(5, () => {
          for (const job of slurm.jobs) job.state = "COMPLETED";
        });
      },
    );
    expect(runs.sbatch).toEqual([0, 1, 20]);
  });

  it("submissions back off from a Slurm that is away or does not answer", () => {
    expect(simulateSubmission(100, () => AWAY).runs.sbatch).toEqual([0, 20, 60]);
    const { runs } = simulateSubmission(
      100,
      () => TIMED_OUT,
      (slurm) => {
        for (let more = 0; more < 10; more += 1) slurm.at(1, () => slurm.submit());
      },
    );
    expect(runs.sbatch).toEqual([0, 20, 20, 60, 60]);
  });
});
