/** Ensembles on a real Slurm, run by an ordinary user: the ways in which jobs end, wait and fail. */
import { cpSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { directoryWith } from "../support/program.js";
import { type Cluster, runProgram, startCluster, startProgram } from "./cluster.js";
import { countsIn, endsIn, ensembleOf, eventsIn, jobOf, many, once, PATIENCE, QUICK, runEnsemble } from "./ensemble.js";

describe.each([true, false])("an ensemble (with accounting: %s)", (accounting) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ accounting });
  });
  afterAll(() => cluster.stop());

  it("the program runs every job once, and knows how each ended", async () => {
    const directory = ensembleOf(cluster, {
      runs: ["{x: 0}", "{x: 7}", "{x: 137}", "{x: 0}", "{x: 1}"],
      job: "exit {{ run.x }}",
    });
    const { status, events, ends } = await runEnsemble(cluster, directory);
    expect(status).toBe(1);
    expect(ends).toEqual({ "tst-0": "ok", "tst-1": "failed", "tst-2": "failed", "tst-3": "ok", "tst-4": "failed" });
    expect(countsIn(directory)).toEqual(once(5));
    const finished = events.filter((event) => event.type === "job.finished");
    expect(finished.find(({ run }) => run === "tst-1")).toMatchObject({
      failure: { status: 7, signal: null },
      evidence: { marker: "7" },
    });
    expect(finished.find(({ run }) => run === "tst-2")).toMatchObject({ evidence: { marker: "137" } });
  });

  it("the program runs a configuration of the Python tool unchanged", async () => {
    const directory = cluster.give(
      directoryWith({
        "ensemble.yaml": REFERENCE,
        "template/slurm_run.sh.j2": REFERENCE_JOB,
        "counts/.keep": "",
      }),
    );
    const { status } = await runEnsemble(cluster, directory);
    expect(status).toBe(0);
    expect(countsIn(directory)).toEqual({ "ref-0": 1, "ref-1": 1, "ref-2": 1 });
    expect(readFileSync(join(directory, "archive/ref-2/result.txt"), "utf8")).toBe("2 on 1 node\n");
  });

  it("the program runs the demo unchanged", async () => {
    const directory = directoryWith({});
    const lorenz = "fixtures/ensembles/lorenz";
    cpSync(join(import.meta.dirname, "../..", lorenz), join(directory, lorenz), { recursive: true });
    cluster.give(directory);
    const [node] = cluster.program;
    const env = { PATH: `${dirname(node)}:${process.env["PATH"] ?? ""}` };
    const words = [...QUICK, `${lorenz}/ensemble.yaml`, "--json"];
    const { status, stdout, stderr } = await runProgram(cluster, words, { directory, env });
    expect(status, stderr).toBe(0);
    expect(Object.values(endsIn(eventsIn(stdout)))).toEqual(Array.from({ length: 40 }, () => "ok"));
    expect(readFileSync(join(directory, "demo/lorenz/statistics.csv"), "utf8").split("\n").length).toBeGreaterThan(100);
  });

  it("the jobs of a batch with `guard: false` have no guard, and the program still knows how they ended", async () => {
    const directory = ensembleOf(cluster, { runs: many(2), job: "exit {{ run.x }}", keys: ["guard: false"] });
    const { ends, events } = await runEnsemble(cluster, directory);
    expect(ends).toEqual({ "tst-0": "ok", "tst-1": "failed" });
    expect(events.find((event) => event.type === "job.finished")).not.toMatchObject({ evidence: { marker: "0" } });
  });
});

describe("a job", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  it("the program tells apart cancelled, timed-out, crashed and unstarted jobs", async () => {
    const directory = ensembleOf(cluster, {
      runs: ["{o: a.out}", "{o: b.out}", "{o: c.out}", "{o: d.out}", "{o: /nowhere/x}"],
      header: "#SBATCH --output={{ run.o }} --time=5",
      job: "sleep 300",
    });
    const running = startProgram(cluster, [...QUICK, "ensemble.yaml", "--json"], { directory });
    const admin = cluster.as("admin");
    await cluster.as("tester")("scancel", await jobOf(cluster, "tst-0", "R"));
    await admin("scancel", await jobOf(cluster, "tst-1", "R"));
    const late = await jobOf(cluster, "tst-2", "R");
    await admin("scontrol", "update", `JobId=${late}`, "TimeLimit=0");
    const node = await cluster.squeue("-h", "-j", await jobOf(cluster, "tst-3", "R"), "-o", "%N");
    // Other jobs on that node would fail with it.
    await expect.poll(() => cluster.squeue("-h", "-n", "tst-0,tst-1,tst-2", "-o", "%i"), PATIENCE).toBe("");
    await admin("scontrol", "update", `NodeName=${node}`, "State=DOWN", "Reason=spec");
    const { stdout } = await running.ended;
    await admin("scontrol", "update", `NodeName=${node}`, "State=RESUME");
    expect(endsIn(eventsIn(stdout))).toEqual({
      "tst-0": "cancelled",
      "tst-1": process.getuid?.() === 0 ? "cancelled_by_system" : "cancelled",
      "tst-2": "timeout",
      "tst-3": "node_failure",
      "tst-4": "not_started",
    });
  });

  it("the program reports a job that is held or can never start, with what to do", async () => {
    const directory = ensembleOf(cluster, {
      runs: ["{o: --hold}", "{o: --time=99:00:00}"],
      header: "#SBATCH {{ run.o }}",
      job: "exit 0",
    });
    const running = startProgram(cluster, [...QUICK, "ensemble.yaml", "--json"], { directory });
    await running.until(/"state":"held".*release/);
    await running.until(/"state":"blocked".*PartitionTimeLimit/);
    await cluster.scontrol("release", await jobOf(cluster, "tst-0", "PD"));
    await cluster.as("tester")("scancel", await jobOf(cluster, "tst-1", "PD"));
    expect(endsIn(eventsIn((await running.ended).stdout))).toEqual({ "tst-0": "ok", "tst-1": "cancelled" });
  });

  it("a failed job names the file that Slurm wrote its output to, and its last lines", async () => {
    const directory = ensembleOf(cluster, {
      runs: ["{o: -J plain}", "{o: --output=logs-%x-%N.txt}", "{o: --array=3}"],
      header: "#SBATCH {{ run.o }}",
      job: 'echo "diverged in {{ run.id }}"; exit 7',
    });
    const { events } = await runEnsemble(cluster, directory);
    const failures = events.flatMap((event) =>
      event.type === "job.finished" && !event.ok && event.failure.reason === "job" ? [event] : [],
    );
    const logs = failures.map(({ run, job, failure }) => ({
      run,
      job,
      ...(failure as { log?: string; output?: string }),
    }));
    expect(logs.map(({ run, output }) => [run, output]).sort()).toEqual(
      ["tst-0", "tst-1", "tst-2"].map((run) => [run, `diverged in ${run}`]),
    );
    const logOf = (run: string) => logs.find((one) => one.run === run)?.log ?? "";
    const jobOfRun = (run: string) => logs.find((one) => one.run === run)?.job ?? "";
    expect(logOf("tst-0")).toBe(join(directory, "runs/tst-0", `slurm-${jobOfRun("tst-0")}.out`));
    expect(logOf("tst-1")).toMatch(/runs\/tst-1\/logs-tst-1-\w+\.txt$/);
    expect(logOf("tst-2")).toBe(join(directory, "runs/tst-2", `slurm-${jobOfRun("tst-2")}_3.out`));
  });

  it("jobs wait while a submit limit leaves room for some only", async () => {
    const directory = ensembleOf(cluster, { runs: many(12), header: "#SBATCH --qos=limited", job: "sleep 1" });
    const { status, events } = await runEnsemble(cluster, directory);
    expect(status).toBe(0);
    expect(countsIn(directory)).toEqual(once(12));
    expect(events.some((event) => event.type === "run.waiting" && event.because === "scheduler")).toBe(true);
  });

  it("a job that Slurm refuses fails at once, in Slurm's words", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), header: "#SBATCH --partition=nosuch", job: "exit 0" });
    const { ends, stderr } = await runEnsemble(cluster, directory);
    expect(ends).toEqual({ "tst-0": "not_started" });
    expect(stderr).toMatch(/invalid partition/i);
  });

  it("each job is submitted once, though slurmctld freezes during submissions", async () => {
    // So many that some are being submitted at any moment.
    const directory = ensembleOf(cluster, { runs: many(30), job: "exit 0" });
    const running = startProgram(cluster, [...QUICK, "ensemble.yaml", "--json"], { directory });
    await running.until(/"job\.submitted"/);
    await cluster.daemon.pause("slurmctld");
    await running.until(/"because":"scheduler"/);
    await cluster.daemon.resume("slurmctld");
    expect((await running.ended).status).toBe(0);
    expect(countsIn(directory)).toEqual(once(30));
  });

  it("jobs end with their own statuses while slurmdbd is away", async () => {
    const directory = ensembleOf(cluster, { runs: many(4), job: "exit {{ run.x }}" });
    await cluster.daemon.stop("slurmdbd");
    const { ends } = await runEnsemble(cluster, directory);
    await cluster.daemon.start("slurmdbd");
    expect(ends).toEqual({ "tst-0": "ok", "tst-1": "failed", "tst-2": "failed", "tst-3": "failed" });
  });
});

const REFERENCE = `ensemble:
  vars:
    archive: ../../archive
  batches:
    - name: ref
      templatedir: ../template
      templates:
        - slurm_run.sh.j2
      job_file: slurm_run.sh
      cluster: short
      basedir: ./work
      runs:
        - {member: 0}
        - {member: 1}
        - {member: 2}
      maxruns: 2
      maxjobs: 1
      nodes: 1
      ntasks: 1
      length: "00:01:00"
      pre_run:
        - name: jobs
          args: {limit: 5, match: ref}
      post_run:
        - name: move
          args: {dest: run.archive, include: ["result.txt"]}
`;

const REFERENCE_JOB = `#!/bin/bash
#SBATCH --output={{ run.dir }}/slurm.%j.out
#SBATCH --job-name={{ run.id }}
#SBATCH --chdir={{ run.dir }}
#SBATCH --time={{ run.length }}
#SBATCH --partition={{ run.cluster }}
#SBATCH --nodes={{ run.nodes }}
#SBATCH --ntasks={{ run.ntasks }}
echo "$SLURM_JOB_ID" >> ../../counts/{{ run.id }}
echo "{{ run.member }} on $SLURM_JOB_NUM_NODES node" > result.txt
`;
