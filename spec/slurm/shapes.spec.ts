/** Jobs of every kind. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, startCluster, startProgram } from "./cluster.js";
import { countsIn, endsIn, ensembleOf, eventsIn, jobOf, many, once, PATIENCE, played, QUICK } from "./ensemble.js";

const WORDS = [...QUICK, "ensemble.yaml", "--json"];

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

describe("a job that fails", () => {
  it("tells of memory, of time, of signals and of what it is not", async () => {
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
    const playing = startProgram(cluster, WORDS, { directory });
    await expect.poll(() => Object.keys(countsIn(directory)).length, PATIENCE).toBe(4);
    const slow = await jobOf(cluster, "tst-1", "R");
    await cluster.as("admin")("scontrol", "update", `JobId=${slow}`, "TimeLimit=0");
    const { stdout } = await playing.ended;
    const events = eventsIn(stdout);
    // That it says itself that all went well does not help one whose time was over.
    expect(endsIn(events)).toEqual({
      // Without cgroups, Slurm itself does not tell it from any other signal.
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

  it("is told of in the words of its shell where there is no such interpreter", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), shebang: "#!/no/such/shell", job: ":" });
    expect((await played(cluster, directory)).ends).toEqual({ "tst-0": "failed" });
  });

  it("does not start where its lines end as on Windows", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), job: ":" });
    writeFileSync(join(directory, "template/job.sh.liquid"), "#!/bin/bash\r\n#SBATCH -n1\r\nexit 0\r\n");
    const { ends, stderr } = await played(cluster, directory);
    expect(ends).toEqual({ "tst-0": "not_started" });
    expect(stderr).toMatch(/DOS line breaks/);
  });

  it("does not start where it is larger than Slurm takes it", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), job: `# ${"x".repeat(5_000_000)}` });
    const { ends, stderr } = await played(cluster, directory);
    expect(ends).toEqual({ "tst-0": "not_started" });
    expect(stderr).toContain("too long");
  });
});

describe("a job that starts itself once more", () => {
  it("does so with srun, and hands itself over again", async () => {
    const directory = ensembleOf(cluster, {
      runs: ["{how: srun}", "{how: sbatch -o next.out --wait}"],
      job: 'if [ -z "$STEP" ]; then STEP=2 {{ run.how }} "$0" || exit 4; exit 0; fi; echo here >> second',
    });
    const { ends } = await played(cluster, directory);
    expect(ends).toEqual({ "tst-0": "ok", "tst-1": "ok" });
    for (const run of ["tst-0", "tst-1"])
      expect([run, readFileSync(join(directory, "runs", run, "second"), "utf8")]).toEqual([run, "here\n"]);
  });
});

describe("an array", () => {
  it("is one job, which has ended when all of its tasks have, and failed when one has", async () => {
    const directory = ensembleOf(cluster, {
      runs: ["{bad: 9}", "{bad: 3}"],
      header: "#SBATCH --array=0-4%2 --output=task.%a",
      job: '[ "$SLURM_ARRAY_TASK_ID" = {{ run.bad }} ] && exit 5; sleep 1',
    });
    const { ends, events } = await played(cluster, directory);
    expect(ends).toEqual({ "tst-0": "ok", "tst-1": "failed" });
    expect(countsIn(directory)).toEqual({ "tst-0": 5, "tst-1": 5 });
    expect(events.find((event) => event.type === "job.finished" && event.run === "tst-1")).toMatchObject({
      failure: { status: 5 },
    });
  });

  it("that is too long is refused in Slurm's words", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), header: "#SBATCH --array=0-5000", job: ":" });
    const { ends, stderr } = await played(cluster, directory);
    expect(ends).toEqual({ "tst-0": "not_started" });
    expect(stderr).toContain("Invalid job array specification");
  });
});

describe("a job of several components", () => {
  it("is watched as one", async () => {
    const directory = ensembleOf(cluster, {
      runs: many(2),
      header: "#SBATCH --ntasks=1\n#SBATCH hetjob\n#SBATCH --ntasks=2",
      job: "sleep 2; exit {{ run.x }}",
    });
    const { ends } = await played(cluster, directory);
    expect(ends).toEqual({ "tst-0": "ok", "tst-1": "failed" });
    expect(countsIn(directory)).toEqual(once(2));
  });
});
