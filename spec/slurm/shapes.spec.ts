/** Jobs of every kind: failing ones, ones that start themselves again, arrays, several components. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, startCluster, startProgram } from "./cluster.js";
import { countsIn, endsIn, ensembleOf, eventsIn, jobOf, many, once, PATIENCE, QUICK, runEnsemble } from "./ensemble.js";

const WORDS = [...QUICK, "ensemble.yaml", "--json"];

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

describe("a job that fails", () => {
  it("the program tells failures by memory, time limit and signal apart", async () => {
    const directory = ensembleOf(cluster, {
      runs: [
        `{do: 'python3 -c "import time; x = bytearray(500000000); time.sleep(60)"', o: --mem=50}`,
        `{do: 'trap "exit 0" TERM; sleep 300 & wait', o: --time=5}`,
        "{do: 'kill -SEGV $$', o: --time=1}",
        "{do: 'exec kill -KILL $$', o: --time=1}",
      ],
      header: "#SBATCH {{ run.o }}",
      job: "{{ run.do }}",
    });
    const running = startProgram(cluster, WORDS, { directory });
    await expect.poll(() => Object.keys(countsIn(directory)).length, PATIENCE).toBe(4);
    const slow = await jobOf(cluster, "tst-1", "R");
    await cluster.as("admin")("scontrol", "update", `JobId=${slow}`, "TimeLimit=0");
    const { stdout } = await running.ended;
    const events = eventsIn(stdout);
    // A job that timed out has failed, even if its script traps the signal and succeeds.
    expect(endsIn(events)).toEqual({
      // Without cgroups, Slurm itself does not tell an out-of-memory kill from another signal.
      "tst-0": "failed",
      "tst-1": "timeout",
      "tst-2": "failed",
      "tst-3": "failed",
    });
    const failures = Object.fromEntries(
      events.flatMap((event) => (event.type === "job.finished" && !event.ok ? [[event.run, event.failure]] : [])),
    );
    expect(failures).toMatchObject({
      "tst-0": { signal: "SIGKILL" },
      "tst-2": { signal: "SIGSEGV" },
      "tst-3": { signal: "SIGKILL" },
    });
  });

  it("a job whose interpreter does not exist fails", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), shebang: "#!/no/such/shell", job: ":" });
    expect((await runEnsemble(cluster, directory)).ends).toEqual({ "tst-0": "failed" });
  });

  it("a job script with DOS line breaks is not started, in Slurm's words", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), job: ":" });
    writeFileSync(join(directory, "template/job.sh.liquid"), "#!/bin/bash\r\n#SBATCH -n1\r\nexit 0\r\n");
    const { ends, stderr } = await runEnsemble(cluster, directory);
    expect(ends).toEqual({ "tst-0": "not_started" });
    expect(stderr).toMatch(/DOS line breaks/);
  });

  it("a job script that is too large for Slurm is not started, in Slurm's words", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), job: `# ${"x".repeat(5_000_000)}` });
    const { ends, stderr } = await runEnsemble(cluster, directory);
    expect(ends).toEqual({ "tst-0": "not_started" });
    expect(stderr).toContain("too long");
  });
});

describe("a job that starts itself once more", () => {
  it("a job may start its own script again with srun, and submit it with sbatch", async () => {
    const directory = ensembleOf(cluster, {
      runs: ["{how: srun}", "{how: sbatch -o next.out --wait}"],
      job: 'if [ -z "$STEP" ]; then STEP=2 {{ run.how }} "$0" || exit 4; exit 0; fi; echo here >> second',
    });
    const { ends } = await runEnsemble(cluster, directory);
    expect(ends).toEqual({ "tst-0": "ok", "tst-1": "ok" });
    for (const run of ["tst-0", "tst-1"])
      expect([run, readFileSync(join(directory, "runs", run, "second"), "utf8")]).toEqual([run, "here\n"]);
  });
});

describe("an array", () => {
  it("an array is one job, which ends with its last task and fails if one task fails", async () => {
    const directory = ensembleOf(cluster, {
      runs: ["{bad: 9}", "{bad: 3}"],
      header: "#SBATCH --array=0-4%2 --output=task.%a",
      job: '[ "$SLURM_ARRAY_TASK_ID" = {{ run.bad }} ] && exit 5; sleep 1',
    });
    const { ends, events } = await runEnsemble(cluster, directory);
    expect(ends).toEqual({ "tst-0": "ok", "tst-1": "failed" });
    expect(countsIn(directory)).toEqual({ "tst-0": 5, "tst-1": 5 });
    expect(events.find((event) => event.type === "job.finished" && event.run === "tst-1")).toMatchObject({
      failure: { status: 5 },
    });
  });

  it("an array that is too long is refused in Slurm's words", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), header: "#SBATCH --array=0-5000", job: ":" });
    const { ends, stderr } = await runEnsemble(cluster, directory);
    expect(ends).toEqual({ "tst-0": "not_started" });
    expect(stderr).toContain("Invalid job array specification");
  });
});

describe("a job of several components", () => {
  it("a job of several components is watched as one job", async () => {
    const directory = ensembleOf(cluster, {
      runs: many(2),
      header: "#SBATCH --ntasks=1\n#SBATCH hetjob\n#SBATCH --ntasks=2",
      job: "sleep 2; exit {{ run.x }}",
    });
    const { ends } = await runEnsemble(cluster, directory);
    expect(ends).toEqual({ "tst-0": "ok", "tst-1": "failed" });
    expect(countsIn(directory)).toEqual(once(2));
  });
});
