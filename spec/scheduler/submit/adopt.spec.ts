/** Adopting what an earlier start of the ensemble submitted, or was about to submit. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bootId } from "../../../lib/system/processes/process-identity.js";
import { markOf, simulate, type VirtualSlurm } from "../virtual-slurm.js";
import { LIMIT } from "./sbatch-failures.js";

describe("a job that an earlier start submitted", () => {
  const adopted = (seconds: number, act: (slurm: VirtualSlurm) => void, id?: string) =>
    simulate(seconds, (slurm) => {
      const request = slurm.request();
      act(slurm);
      slurm.record(slurm.backend.adopt$(request, { boot: bootId(), ...(id !== undefined && { id }) }));
    });
  const directoryOf = ({ claims }: VirtualSlurm) => claims.path(markOf({ claims }, "1.job-1"));
  const leave = (slurm: VirtualSlurm, files: Readonly<Record<string, string>>) => {
    mkdirSync(directoryOf(slurm), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directoryOf(slurm), name), text);
  };

  it("the program adopts a job by the id in the journal", () => {
    expect(adopted(10, () => undefined, "7").reports).toEqual(["0 job 7"]);
  });

  it("the program adopts a job by the id that sbatch printed after the earlier start was killed", () => {
    const slurm = adopted(10, (slurm) => leave(slurm, { "sbatch.1": "1 boot stat\nended 0\n", "out.1": "55\n" }));
    expect(slurm.reports).toEqual(["0 job 55"]);
  });

  it("a job whose sbatch never started is absent, and its claim keeps that sbatch from starting", () => {
    const slurm = adopted(10, () => undefined);
    expect(slurm.reports).toEqual([]);
    expect(readFileSync(join(directoryOf(slurm), "sbatch.1"), "utf8")).toBe("taken\n");
  });

  it("the program looks for the job of an sbatch that was cut off", () => {
    const slurm = adopted(500, (slurm) => {
      leave(slurm, { "sbatch.1": "1 boot stat\n" });
      slurm.at(
        30,
        () => void slurm.jobs.push({ id: "9", state: "RUNNING", comment: `me:${markOf(slurm, "1.job-1")}` }),
      );
    });
    expect(slurm.reports).toEqual(["0 waits", "40 job 9"]);
  });

  it("a job whose last attempt Slurm refused for now is absent", () => {
    const slurm = adopted(500, (slurm) =>
      leave(slurm, { "sbatch.1": "1 boot stat\nended 1\n", "out.1": "", "err.1": LIMIT.stderr }),
    );
    expect(slurm.reports).toEqual([]);
    expect(readFileSync(join(directoryOf(slurm), "sbatch.2"), "utf8")).toBe("taken\n");
  });
});
