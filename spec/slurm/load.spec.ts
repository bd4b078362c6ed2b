/** The load of an ensemble on slurmctld, by slurmctld's own count; with `SLURM=all`, also how long things take. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cluster, startCluster, startProgram } from "./cluster.js";
import { countsIn, ensembleOf, many, once, QUICK } from "./ensemble.js";

const ALL = process.env["SLURM"] === "all";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

/** Requests so far: all of the tester's; and those of some types, of all users. */
const requests = async () => {
  const { stdout } = await cluster.as("admin")("sdiag");
  const [types = "", users = ""] = stdout.split("by user");
  const count = (text: string, name: string) =>
    Number(new RegExp(`^\\s*${name}\\s*\\(.*?count:(\\d+)`, "m").exec(text)?.[1] ?? 0);
  const ofType = (name: string) => count(types, name);
  return {
    all: count(users, cluster.tester.name),
    polls: ofType("REQUEST_JOB_USER_INFO"),
    partitions: ofType("REQUEST_PARTITION_INFO"),
    submissions: ofType("REQUEST_SUBMIT_BATCH_JOB"),
  };
};

const between = async (act: () => Promise<void>) => {
  const before = await requests();
  await act();
  const after = await requests();
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, value - before[name as keyof typeof before]]),
  ) as typeof after;
};

it.each(ALL ? [20, 500] : [20, 120])(
  "an ensemble of %i jobs takes two requests a poll and one a job",
  { timeout: 600_000 },
  async (jobs) => {
    const directory = ensembleOf(cluster, { runs: many(jobs), job: "sleep 5", maxjobs: jobs });
    const { all, polls, partitions, submissions } = await between(async () => {
      const words = [...QUICK, "-rt", "2", "ensemble.yaml", "--json"];
      expect((await startProgram(cluster, words, { directory }).ended).status).toBe(0);
    });
    expect(countsIn(directory)).toEqual(once(jobs));
    expect(submissions).toBe(jobs);
    expect(polls).toBeGreaterThan(2);
    // `scontrol show config` runs once and makes two.
    expect(all).toBeLessThanOrEqual(2 * polls + submissions + 2);
    expect(partitions).toBeLessThanOrEqual(polls);
    if (ALL) process.stdout.write(`${jobs} jobs: ${polls} polls, ${all} requests of which ${submissions} submit\n`);
  },
);

it.runIf(ALL)(
  "500 jobs of a second, 100 at once, each run once; the spec prints how long that takes",
  { timeout: 600_000 },
  async () => {
    const post = ["post_run:", "  - name: execute", '    args: {cmd: "date +%s.%N > posted"}'];
    const directory = ensembleOf(cluster, {
      ...{ runs: many(500), maxjobs: 100, keys: post },
      job: "sleep 1; date +%s.%N > ended",
    });
    const running = startProgram(cluster, [...QUICK, "-rt", "5", "ensemble.yaml", "--json"], { directory });
    const cpu = usageOf(running.child.pid ?? 0);
    const began = Date.now();
    const { status, stdout } = await running.ended;
    const elapsed_s = (Date.now() - began) / 1000;
    expect([status, countsIn(directory)]).toEqual([0, once(500)]);
    const times = stdout
      .split("\n")
      .filter((line) => line.includes('"job.submitted"'))
      .map((line) => Date.parse((JSON.parse(line) as { time: string }).time));
    // Up to the limit, only Slurm delays submissions.
    const rate = 99_000 / ((times[99] ?? 0) - (times[0] ?? 0));
    const lags = Array.from({ length: 500 }, (_, x) => {
      const read = (name: string) => Number(readFileSync(join(directory, `runs/tst-${x}`, name), "utf8"));
      return read("posted") - read("ended");
    }).sort((a, b) => a - b);
    const at = (part: number) => (lags[Math.floor(part * 499)] ?? 0).toFixed(1);
    process.stdout.write(
      `500 jobs in ${elapsed_s.toFixed(0)} s; ${rate.toFixed(0)} submissions/s up to the limit; end to post_run ${at(0.5)} s (median), ${at(0.95)} s (95 %), ${at(1)} s (most); CPU ${cpu().join(" + ")} s\n`,
    );
  },
);

/** A process's CPU time as last read: its own, and that of its children that have ended, in seconds. */
const usageOf = (pid: number): (() => readonly string[]) => {
  let last: readonly string[] = [];
  const timer = setInterval(() => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ")
        .map(Number);
      const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
      last = [user + system, childUser + childSystem].map((ticks) => (ticks / 100).toFixed(1));
    } catch {
      clearInterval(timer);
    }
  }, 100);
  return () => {
    clearInterval(timer);
    return last;
  };
};
