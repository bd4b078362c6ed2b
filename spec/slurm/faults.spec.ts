/**
 * The program, and Slurm itself, are killed and frozen at any moment. Who judges are files that jobs write themselves:
 * nothing is lost, and nothing is executed twice. `SLURM=all` does it often.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

/** Chance that can be played again: mulberry32. */
const chance = (seed: number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

describe("the program is killed", () => {
  it.each(ALL ? [1, 2, 3, 4, 5, 6] : [1])("again and again (seed %i)", { timeout: 900_000 }, async (seed) => {
    const random = chance(seed);
    // Longer than all that its program is given to live.
    const [runs, kills] = ALL ? [40, 10] : [24, 5];
    const directory = ensembleOf(cluster, { runs: many(runs), job: "sleep 2", maxjobs: 4 });
    for (let kill = 0; kill < kills; kill += 1) {
      const playing = startProgram(cluster, WORDS, { directory });
      await after(200 + random() * 1500);
      playing.child.kill("SIGKILL");
      expect(await playing.ended).toMatchObject({ signal: "SIGKILL" });
    }
    const { status, stdout } = await startProgram(cluster, WORDS, { directory }).ended;
    expect([status, countsIn(directory)]).toEqual([0, once(runs)]);
    expect(eventsIn(stdout).at(-1)).toMatchObject({ type: "ensemble.finished", ok: true });
  });
});

describe("slurmctld", () => {
  it.each(ALL ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] : [1])(
    "freezes while jobs are handed over (seed %i)",
    { timeout: 900_000 },
    async (seed) => {
      const random = chance(200 + seed);
      const runs = 8;
      const directory = ensembleOf(cluster, { runs: many(runs), job: "exit 0" });
      const playing = startProgram(cluster, WORDS, { directory });
      await playing.until(/job\.submitting/);
      await after(random() * 300);
      await cluster.daemon.pause("slurmctld");
      await after(2000 + random() * 8000);
      await cluster.daemon.resume("slurmctld");
      const { status, stderr } = await playing.ended;
      expect([status, countsIn(directory)], stderr).toEqual([0, once(runs)]);
    },
  );

  // Last of all: it gives ids again that it has given before, and nodes may refuse to start what has an id of late.
  it.each(ALL ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] : [1])(
    "is killed, and forgets what it has taken last (seed %i)",
    { timeout: 900_000 },
    async (seed) => {
      const random = chance(100 + seed);
      const runs = 8;
      const directory = ensembleOf(cluster, { runs: many(runs), job: "sleep 3" });
      const playing = startProgram(cluster, WORDS, { directory });
      await playing.until(/job\.submitted/);
      await after(random() * 4000);
      await cluster.daemon.kill("slurmctld");
      await after(random() * 2000);
      await cluster.daemon.start("slurmctld");
      const { stdout } = await playing.ended;
      const counts = countsIn(directory);
      const ends = endsIn(eventsIn(stdout));
      expect(Object.values(counts).filter((count) => count > 1)).toEqual([]);
      // Every run has come to an end, and one that was executed to its end is no failure but by Slurm's own word.
      expect(Object.keys(ends)).toHaveLength(runs);
      // What was begun, or was seen running, is a person's to judge; the rest is done, or Slurm itself has refused it.
      const running = eventsIn(stdout).flatMap((event) =>
        event.type === "job.changed" && event.state === "running" ? [event.run] : [],
      );
      const lost = Object.entries(ends).filter(([run, end]) => end === "lost" && counts[run] !== 1);
      expect(lost.filter(([run]) => !running.includes(run))).toEqual([]);
      if (ALL)
        process.stdout.write(`${Object.values(ends).sort().join(" ")}; executed: ${Object.keys(counts).length}\n`);
      for (const [run, end] of Object.entries(ends)) if (end === "ok") expect([run, counts[run]]).toEqual([run, 1]);
    },
  );
});
