/** What Slurm does to jobs by itself: it takes their nodes, starts them again, holds them, suspends them, forgets them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, startCluster, startProgram } from "./cluster.js";
import { countsIn, endsIn, ensembleOf, eventsIn, jobOf, many, once, PATIENCE, QUICK, runEnsemble } from "./ensemble.js";

const WORDS = [...QUICK, "ensemble.yaml", "--json"];

describe("a job", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  it("a job whose nodes a more important job takes is preempted, and not executed again", async () => {
    const directory = ensembleOf(cluster, {
      runs: many(1),
      header: "#SBATCH --partition=low --exclusive --nodes=4 --requeue",
      job: "sleep 300",
    });
    const running = startProgram(cluster, WORDS, { directory });
    await jobOf(cluster, "tst-0", "R");
    await expect.poll(() => countsIn(directory), PATIENCE).toEqual(once(1));
    await cluster.sbatch("-p", "high", "--exclusive", "-N4", "-o", "/dev/null", "--wrap", "sleep 1");
    const { stdout } = await running.ended;
    expect(endsIn(eventsIn(stdout))).toEqual({ "tst-0": "preempted" });
    expect(countsIn(directory)).toEqual(once(1));
  });

  it("a job that an administrator requeues does its work once, and the program says so", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), job: "sleep 300" });
    const running = startProgram(cluster, WORDS, { directory });
    const job = await jobOf(cluster, "tst-0", "R");
    await expect.poll(() => countsIn(directory), PATIENCE).toEqual(once(1));
    const admin = cluster.as("admin");
    expect(await admin("scontrol", "requeue", job)).toMatchObject({ status: 1 });
    expect(await admin("scontrol", "update", `JobId=${job}`, "Requeue=1")).toMatchObject({ status: 0 });
    expect(await admin("scontrol", "requeue", job)).toMatchObject({ status: 0 });
    // The job waits for a while, and sacct already shows how its first start ended.
    await jobOf(cluster, "tst-0", "PD");
    const { stdout } = await running.ended;
    expect(endsIn(eventsIn(stdout))).toEqual({ "tst-0": "failed" });
    expect(stdout).toContain("Slurm started the job twice");
    expect(countsIn(directory)).toEqual(once(1));
  });

  it("a job whose start is postponed runs when its time comes", async () => {
    const directory = ensembleOf(cluster, {
      runs: many(1),
      header: "#SBATCH --begin=now+3",
      job: "exit 0",
    });
    const running = startProgram(cluster, WORDS, { directory });
    const job = await jobOf(cluster, "tst-0", "PD");
    await cluster.scontrol("update", `JobId=${job}`, "StartTime=now+6");
    const { stdout } = await running.ended;
    expect(endsIn(eventsIn(stdout))).toEqual({ "tst-0": "ok" });
    expect(countsIn(directory)).toEqual(once(1));
  });

  it("the program reports a job that is requeued and held", async () => {
    const directory = ensembleOf(cluster, { runs: many(2), job: "sleep 300" });
    const running = startProgram(cluster, WORDS, { directory });
    const admin = cluster.as("admin");
    for (const [run, more] of [
      ["tst-0", []],
      ["tst-1", ["State=SpecialExit"]],
    ] as const) {
      const job = await jobOf(cluster, run, "R");
      await admin("scontrol", "update", `JobId=${job}`, "Requeue=1");
      expect(await admin("scontrol", "requeuehold", ...more, job)).toMatchObject({ status: 0 });
    }
    await running.until(/"state":"held"[^\n]*put the job back into the queue[^\n]*"run":"tst-0"/);
    await running.until(/"state":"held"[^\n]*the site's rules[^\n]*"run":"tst-1"/);
    for (const run of ["tst-0", "tst-1"]) {
      const job = await jobOf(cluster, run, "PD", "SE");
      expect(await cluster.as("tester")("scancel", job)).toMatchObject({ status: 0 });
    }
    expect(endsIn(eventsIn((await running.ended).stdout))).toEqual({ "tst-0": "cancelled", "tst-1": "cancelled" });
    expect(countsIn(directory)).toEqual(once(2));
  });

  it("a suspended job goes on when it is resumed, and succeeds", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), job: "sleep 4" });
    const running = startProgram(cluster, WORDS, { directory });
    const job = await jobOf(cluster, "tst-0", "R");
    const admin = cluster.as("admin");
    expect(await admin("scontrol", "suspend", job)).toMatchObject({ status: 0 });
    await jobOf(cluster, "tst-0", "S");
    await running.until(/"state":"running"/);
    expect(await admin("scontrol", "resume", job)).toMatchObject({ status: 0 });
    expect(endsIn(eventsIn((await running.ended).stdout))).toEqual({ "tst-0": "ok" });
  });
});

describe.each([true, false])("a queue that forgets within seconds (with accounting: %s)", (accounting) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ minJobAge: 2, accounting });
  });
  afterAll(() => cluster.stop());

  it("the program learns every job's end, though the queue forgets it within seconds", async () => {
    const directory = ensembleOf(cluster, { runs: many(6), job: "sleep 3; exit {{ run.x }}" });
    const { ends, events } = await runEnsemble(cluster, directory, "-rt", "12");
    expect(ends).toEqual({ "tst-0": "ok", ...Object.fromEntries([1, 2, 3, 4, 5].map((x) => [`tst-${x}`, "failed"])) });
    expect(countsIn(directory)).toEqual(once(6));
    const finished = events.filter((event) => event.type === "job.finished");
    expect(finished.some(({ evidence }) => evidence?.squeue === "not there")).toBe(true);
    for (const event of finished)
      if (!event.ok)
        expect([event.run, event.failure]).toMatchObject([event.run, { status: Number(event.run.slice(4)) }]);
  });

  it("a later start learns the ends of jobs that the queue has forgotten", async () => {
    const directory = ensembleOf(cluster, { runs: many(3), job: "sleep 1; exit {{ run.x }}" });
    const running = startProgram(cluster, WORDS, { directory });
    await running.until(/("type":"job\.submitted".*){1}/s);
    await expect.poll(() => Object.keys(countsIn(directory)).length, PATIENCE).toBe(3);
    running.child.kill("SIGKILL");
    await running.ended;
    await expect.poll(() => cluster.squeue("-h", "-t", "all", "-n", "tst-0,tst-1,tst-2"), PATIENCE).toBe("");
    const { ends } = await runEnsemble(cluster, directory);
    expect(ends).toEqual({ "tst-0": "ok", "tst-1": "failed", "tst-2": "failed" });
    expect(countsIn(directory)).toEqual(once(3));
  });
});
