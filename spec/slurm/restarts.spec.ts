/** What Slurm does to a job by itself: it takes nodes away, starts jobs again, forgets them, and gives their ids to others. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, startCluster, startProgram } from "./cluster.js";
import { countsIn, endsIn, ensembleOf, eventsIn, jobOf, many, once, PATIENCE, played, QUICK } from "./ensemble.js";

const WORDS = [...QUICK, "ensemble.yaml", "--json"];

describe("a job", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  it("whose nodes somebody more important takes is preempted, and not done again", async () => {
    const directory = ensembleOf(cluster, {
      runs: many(1),
      header: "#SBATCH --partition=low --exclusive --nodes=4 --requeue",
      job: "sleep 300",
    });
    const playing = startProgram(cluster, WORDS, { directory });
    await jobOf(cluster, "tst-0", "R");
    await expect.poll(() => countsIn(directory), PATIENCE).toEqual(once(1));
    await cluster.sbatch("-p", "high", "--exclusive", "-N4", "-o", "/dev/null", "--wrap", "sleep 1");
    const { stdout } = await playing.ended;
    expect(endsIn(eventsIn(stdout))).toEqual({ "tst-0": "preempted" });
    expect(countsIn(directory)).toEqual(once(1));
  });

  it("that an administrator puts back into the queue does its work once, and says so", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), job: "sleep 300" });
    const playing = startProgram(cluster, WORDS, { directory });
    const job = await jobOf(cluster, "tst-0", "R");
    await expect.poll(() => countsIn(directory), PATIENCE).toEqual(once(1));
    const admin = cluster.as("admin");
    expect(await admin("scontrol", "requeue", job)).toMatchObject({ status: 1 });
    expect(await admin("scontrol", "update", `JobId=${job}`, "Requeue=1")).toMatchObject({ status: 0 });
    expect(await admin("scontrol", "requeue", job)).toMatchObject({ status: 0 });
    // For a while it waits, and sacct already tells how its first start ended.
    await jobOf(cluster, "tst-0", "PD");
    const { stdout } = await playing.ended;
    expect(endsIn(eventsIn(stdout))).toEqual({ "tst-0": "failed" });
    expect(stdout).toContain("Slurm started the job twice");
    expect(countsIn(directory)).toEqual(once(1));
  });

  it("that was put back before it began is done when its turn comes", async () => {
    const directory = ensembleOf(cluster, {
      runs: many(1),
      header: "#SBATCH --begin=now+3",
      job: "exit 0",
    });
    const playing = startProgram(cluster, WORDS, { directory });
    const job = await jobOf(cluster, "tst-0", "PD");
    await cluster.scontrol("update", `JobId=${job}`, "StartTime=now+6");
    const { stdout } = await playing.ended;
    expect(endsIn(eventsIn(stdout))).toEqual({ "tst-0": "ok" });
    expect(countsIn(directory)).toEqual(once(1));
  });

  it("that is put back and held is told of", async () => {
    const directory = ensembleOf(cluster, { runs: many(2), job: "sleep 300" });
    const playing = startProgram(cluster, WORDS, { directory });
    const admin = cluster.as("admin");
    for (const [run, more] of [
      ["tst-0", []],
      ["tst-1", ["State=SpecialExit"]],
    ] as const) {
      const job = await jobOf(cluster, run, "R");
      await admin("scontrol", "update", `JobId=${job}`, "Requeue=1");
      expect(await admin("scontrol", "requeuehold", ...more, job)).toMatchObject({ status: 0 });
    }
    await playing.until(/"state":"held"[^\n]*put the job back into the queue[^\n]*"run":"tst-0"/);
    await playing.until(/"state":"held"[^\n]*the site's rules[^\n]*"run":"tst-1"/);
    for (const run of ["tst-0", "tst-1"]) {
      const job = await jobOf(cluster, run, "PD", "SE");
      expect(await cluster.as("tester")("scancel", job)).toMatchObject({ status: 0 });
    }
    expect(endsIn(eventsIn((await playing.ended).stdout))).toEqual({ "tst-0": "cancelled", "tst-1": "cancelled" });
    expect(countsIn(directory)).toEqual(once(2));
  });

  it("that is stopped for a while goes on", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), job: "sleep 4" });
    const playing = startProgram(cluster, WORDS, { directory });
    const job = await jobOf(cluster, "tst-0", "R");
    const admin = cluster.as("admin");
    expect(await admin("scontrol", "suspend", job)).toMatchObject({ status: 0 });
    await jobOf(cluster, "tst-0", "S");
    await playing.until(/"state":"running"/);
    expect(await admin("scontrol", "resume", job)).toMatchObject({ status: 0 });
    expect(endsIn(eventsIn((await playing.ended).stdout))).toEqual({ "tst-0": "ok" });
  });
});

describe.each([true, false])("a queue that forgets within seconds (with accounting: %s)", (accounting) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ minJobAge: 2, accounting });
  });
  afterAll(() => cluster.stop());

  it("hides no end", async () => {
    const directory = ensembleOf(cluster, { runs: many(6), job: "sleep 3; exit {{ run.x }}" });
    const { ends, events } = await played(cluster, directory, "-rt", "12");
    expect(ends).toEqual({ "tst-0": "ok", ...Object.fromEntries([1, 2, 3, 4, 5].map((x) => [`tst-${x}`, "failed"])) });
    expect(countsIn(directory)).toEqual(once(6));
    const told = events.filter((event) => event.type === "job.finished");
    expect(told.some(({ evidence }) => evidence?.squeue === "not there")).toBe(true);
    for (const event of told)
      if (!event.ok)
        expect([event.run, event.failure]).toMatchObject([event.run, { status: Number(event.run.slice(4)) }]);
  });

  it("is survived by a start that comes back long after", async () => {
    const directory = ensembleOf(cluster, { runs: many(3), job: "sleep 1; exit {{ run.x }}" });
    const playing = startProgram(cluster, WORDS, { directory });
    await playing.until(/("type":"job\.submitted".*){1}/s);
    await expect.poll(() => Object.keys(countsIn(directory)).length, PATIENCE).toBe(3);
    playing.child.kill("SIGKILL");
    await playing.ended;
    await expect.poll(() => cluster.squeue("-h", "-t", "all", "-n", "tst-0,tst-1,tst-2"), PATIENCE).toBe("");
    const { ends } = await played(cluster, directory);
    expect(ends).toEqual({ "tst-0": "ok", "tst-1": "failed", "tst-2": "failed" });
    expect(countsIn(directory)).toEqual(once(3));
  });
});
