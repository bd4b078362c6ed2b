/**
 * The program and qmaster are killed and frozen at any moment. Files that jobs write themselves judge: nothing is lost,
 * and nothing is executed twice. `GRIDENGINE=all` does it often.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countsIn, endsIn, eventsIn, many, once, PATIENCE, randomOf } from "../support/runs.js";
import { type Cluster, startCluster } from "./cluster.js";
import { ALL, ensembleOf, jobOf, pause, run, start } from "./ensemble.js";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

const SEEDS = ALL ? [1, 2, 3, 4, 5] : [1];

describe("kill -9 of the program", () => {
  const kills = ALL ? 30 : 5;
  it.each(ALL ? [1, 2] : [1])(
    `every job is executed once after ${kills} kills (seed %i)`,
    { timeout: 900_000 },
    async (seed) => {
      const random = randomOf(seed);
      // Longer than all that its program is given to live.
      const runs = ALL ? 60 : 16;
      const directory = ensembleOf(cluster, { runs: many(runs), job: "sleep 2", maxjobs: 4 });
      for (let kill = 0; kill < kills; kill += 1) {
        const running = start(cluster, directory);
        await pause(200 + random() * 1500);
        running.child.kill("SIGKILL");
        expect(await running.ended).toMatchObject({ signal: "SIGKILL" });
      }
      const { status, events } = await run(cluster, directory);
      expect([status, countsIn(directory)]).toEqual([0, once(runs)]);
      expect(events.at(-1)).toMatchObject({ type: "ensemble.finished", ok: true });
    },
  );
});

describe("qmaster", () => {
  it.each(SEEDS)("every job is executed once where qmaster freezes over its submission (seed %i)", async (seed) => {
    const random = randomOf(200 + seed);
    const directory = ensembleOf(cluster, { runs: many(8), job: "exit 0" });
    const running = start(cluster, directory);
    await running.until(/job\.submitting/);
    await pause(random() * 300);
    await cluster.daemon.pause("qmaster");
    await pause(2000 + random() * 8000);
    await cluster.daemon.resume("qmaster");
    const { status, stderr } = await running.ended;
    expect([status, countsIn(directory)], stderr).toEqual([0, once(8)]);
  });

  // Its host reports to a new qmaster only after half a minute.
  it.each(SEEDS)("every job is executed once where qmaster is killed and started again (seed %i)", async (seed) => {
    const random = randomOf(100 + seed);
    const directory = ensembleOf(cluster, { runs: many(8), job: "sleep 3; exit {{ run.x }}" });
    const running = start(cluster, directory);
    await running.until(/job\.submitt(ing|ed)/);
    await pause(random() * 2000);
    await cluster.daemon.kill("qmaster");
    await pause(random() * 3000);
    await cluster.daemon.start("qmaster");
    const { stdout, stderr } = await running.ended;
    const ends = { "tst-0": "ok", ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((x) => [`tst-${x}`, "failed"])) };
    expect([endsIn(eventsIn(stdout)), countsIn(directory)], stderr).toEqual([ends, once(8)]);
  });

  it("a reused job id is not mistaken for the old job", async () => {
    const directory = ensembleOf(cluster, { runs: many(2), job: "sleep 1; exit {{ run.x }}" });
    const running = start(cluster, directory);
    await running.until(/("type":"job\.submitted".*){2}/s);
    running.child.kill("SIGKILL");
    const { stdout } = await running.ended;
    const [first] = eventsIn(stdout).flatMap((event) => (event.type === "job.submitted" ? [event.job] : []));
    await expect.poll(() => cluster.qstat(), PATIENCE).toBe("");
    await cluster.daemon.stop("qmaster");
    await cluster.next(Number(first));
    await cluster.daemon.start("qmaster");
    const hold = ["-h", "-b", "y", "/bin/true"];
    expect([await cluster.qsub(...hold), await cluster.qsub(...hold)]).toContain(first);
    const { ends } = await run(cluster, directory);
    expect(ends).toEqual({ "tst-0": "ok", "tst-1": "failed" });
    expect(countsIn(directory)).toEqual(once(2));
    await cluster.as("tester")("qdel", "-u", cluster.tester.name);
  });

  it("the program waits for a qmaster that is not there yet, and starts each job once", async () => {
    const directory = ensembleOf(cluster, { runs: many(3), job: "exit 0" });
    await cluster.daemon.kill("qmaster");
    const running = start(cluster, directory);
    await running.until(/"backend\.silent"/);
    await cluster.daemon.start("qmaster");
    const { status } = await running.ended;
    expect([status, countsIn(directory)]).toEqual([0, once(3)]);
  });
});

describe("a job that is executed while the program is away", () => {
  it("the program knows its end from the guard", async () => {
    const directory = ensembleOf(cluster, { runs: many(2), job: "sleep 2; exit {{ run.x }}" });
    const running = start(cluster, directory);
    await jobOf(cluster, "tst-1", /^r$/);
    running.child.kill("SIGKILL");
    await running.ended;
    await expect.poll(() => cluster.qstat(), PATIENCE).toBe("");
    expect((await run(cluster, directory)).ends).toEqual({ "tst-0": "ok", "tst-1": "failed" });
    expect(countsIn(directory)).toEqual(once(2));
  });
});
