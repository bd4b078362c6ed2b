/**
 * The program and slurmctld are killed and frozen at random moments. Files that jobs write themselves show that no job is
 * lost and none is executed twice. `SLURM=all` repeats this often.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomOf } from "../support/runs.js";
import { type Cluster, startCluster, startProgram } from "./cluster.js";
import { countsIn, endsIn, ensembleOf, eventsIn, many, once, QUICK } from "./ensemble.js";

const ALL = process.env["SLURM"] === "all";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ minJobAge: 300 });
});
afterAll(() => cluster.stop());

const WORDS = [...QUICK, "ensemble.yaml", "--json"];

const after = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

describe("the program", () => {
  it.each(ALL ? [1, 2, 3, 4, 5, 6] : [1])(
    "each job is executed once, though the program is killed again and again (seed %i)",
    { timeout: 900_000 },
    async (seed) => {
      const random = randomOf(seed);
      // Longer than all killed programs live together.
      const [runs, kills] = ALL ? [40, 10] : [24, 5];
      const directory = ensembleOf(cluster, { runs: many(runs), job: "sleep 2", maxjobs: 4 });
      for (let kill = 0; kill < kills; kill += 1) {
        const running = startProgram(cluster, WORDS, { directory });
        await after(200 + random() * 1500);
        running.child.kill("SIGKILL");
        expect(await running.ended).toMatchObject({ signal: "SIGKILL" });
      }
      const { status, stdout } = await startProgram(cluster, WORDS, { directory }).ended;
      expect([status, countsIn(directory)]).toEqual([0, once(runs)]);
      expect(eventsIn(stdout).at(-1)).toMatchObject({ type: "ensemble.finished", ok: true });
    },
  );
});

describe("slurmctld", () => {
  it.each(ALL ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] : [1])(
    "each job is executed once, though slurmctld freezes during submissions (seed %i)",
    { timeout: 900_000 },
    async (seed) => {
      const random = randomOf(200 + seed);
      const runs = 8;
      const directory = ensembleOf(cluster, { runs: many(runs), job: "exit 0" });
      const running = startProgram(cluster, WORDS, { directory });
      await running.until(/job\.submitting/);
      await after(random() * 300);
      await cluster.daemon.pause("slurmctld");
      await after(2000 + random() * 8000);
      await cluster.daemon.resume("slurmctld");
      const { status, stderr } = await running.ended;
      expect([status, countsIn(directory)], stderr).toEqual([0, once(runs)]);
    },
  );

  // The last spec: slurmctld reuses ids from here on, and nodes may refuse to start a job with an id that they had lately.
  it.each(ALL ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] : [1])(
    "no job is executed twice, though slurmctld is killed and forgets the last submissions (seed %i)",
    { timeout: 900_000 },
    async (seed) => {
      const random = randomOf(100 + seed);
      const runs = 8;
      const directory = ensembleOf(cluster, { runs: many(runs), job: "sleep 3" });
      const running = startProgram(cluster, WORDS, { directory });
      await running.until(/job\.submitted/);
      await after(random() * 4000);
      await cluster.daemon.kill("slurmctld");
      await after(random() * 2000);
      await cluster.daemon.start("slurmctld");
      const { stdout } = await running.ended;
      const counts = countsIn(directory);
      const ends = endsIn(eventsIn(stdout));
      expect(Object.values(counts).filter((count) => count > 1)).toEqual([]);
      // Every run has ended, and a run whose job was executed has failed only if Slurm says so.
      expect(Object.keys(ends)).toHaveLength(runs);
      // A job that was executed or seen running may be lost: the user has to judge. Any other one may not.
      const seenRunning = eventsIn(stdout).flatMap((event) =>
        event.type === "job.changed" && event.state === "running" ? [event.run] : [],
      );
      const lost = Object.entries(ends).filter(([run, end]) => end === "lost" && counts[run] !== 1);
      expect(lost.filter(([run]) => !seenRunning.includes(run))).toEqual([]);
      if (ALL)
        process.stdout.write(`${Object.values(ends).sort().join(" ")}; executed: ${Object.keys(counts).length}\n`);
      for (const [run, end] of Object.entries(ends)) if (end === "ok") expect([run, counts[run]]).toEqual([run, 1]);
    },
  );
});
