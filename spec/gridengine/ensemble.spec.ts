/** Ensembles on a real Grid Engine, as an ordinary user: the ways in which a job can end, and what holds one up before. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Event } from "../../lib/index.js";
import { countsIn, endsIn, eventsIn, many, once, PATIENCE } from "../support/runs.js";
import { type Cluster, startCluster } from "./cluster.js";
import { ALL, ensembleOf, jobOf, run, start } from "./ensemble.js";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

/** How the job of each run failed. */
const failuresIn = (events: readonly Event[]) =>
  Object.fromEntries(
    events.flatMap((event) => (event.type === "job.finished" && !event.ok ? [[event.run, event.failure]] : [])),
  );

describe("an ensemble", () => {
  it("every job is executed once, and the program knows how each ended", async () => {
    const directory = ensembleOf(cluster, {
      runs: ["exit 0", "exit 7", "exit 137", "kill -9 $$", "exit 99", "exit 100"].map((end) => `{end: "${end}"}`),
      job: "{{ run.end }}",
    });
    const { status, events, ends } = await run(cluster, directory);
    expect(status).toBe(1);
    expect(ends).toMatchObject({ "tst-0": "ok", "tst-1": "failed", "tst-4": "failed", "tst-5": "failed" });
    expect(countsIn(directory)).toEqual(once(6));
    expect(failuresIn(events)).toMatchObject({
      "tst-1": { status: 7, signal: null, log: expect.stringMatching(/tst-1\.[eo]\d+$/) as string },
      "tst-2": { signal: "SIGKILL" },
      "tst-3": { signal: "SIGKILL" },
      // Grid Engine itself would start this one again, and keep that one as an error.
      "tst-4": { status: 99 },
      "tst-5": { status: 100 },
    });
  });

  it("accounting tells how a job ended that has no guard", async () => {
    const ends = ["exit 0", "exit 7", "kill -9 $$"].map((end) => `{end: "${end}"}`);
    const directory = ensembleOf(cluster, { runs: ends, job: "{{ run.end }}", keys: ["guard: false"] });
    const { events } = await run(cluster, directory);
    expect(endsIn(events)["tst-0"]).toBe("ok");
    expect(failuresIn(events)).toMatchObject({ "tst-1": { status: 7 }, "tst-2": { signal: "SIGKILL" } });
    const finished = events.find((event) => event.type === "job.finished" && event.run === "tst-1");
    expect(finished).toMatchObject({ evidence: { qstat: "not there", qacct: "failed 0, exit_status 7" } });
  });

  it("a job that exceeds h_rt is out of time, also if it says that all is well", async () => {
    const directory = ensembleOf(cluster, {
      runs: ['{o: "", end: "sleep 100"}', `{o: "-notify", end: 'trap "exit 0" USR2; sleep 100 & wait'}`],
      header: "#$ -l h_rt=2 {{ run.o }}",
      job: "{{ run.end }}",
    });
    expect((await run(cluster, directory)).ends).toEqual({ "tst-0": "timeout", "tst-1": "timeout" });
  });

  it("a job that heeds a warning ends with its own status", async () => {
    const directory = ensembleOf(cluster, {
      runs: many(1),
      header: "#$ -l s_rt=2",
      job: 'trap "exit 5" USR1; sleep 100 & wait',
    });
    expect(failuresIn((await run(cluster, directory)).events)).toMatchObject({ "tst-0": { status: 5 } });
  });

  it("array and parallel jobs are one job each, and directives are kept", async () => {
    const directory = ensembleOf(cluster, {
      runs: [
        '{o: "-t 1-3", end: "exit 0"}',
        '{o: "-t 1-3 -tc 1", end: "exit $((SGE_TASK_ID == 2 ? 4 : 0))"}',
        `{o: "-pe smp 3 -q long -ac note=mine -o own.out -j y", end: 'echo "$NSLOTS $QUEUE $JOB_NAME"; qstat -j $JOB_ID | grep context'}`,
      ],
      header: "#$ -v SGE_ROOT,SGE_CELL,SGE_QMASTER_PORT,PATH {{ run.o }}",
      job: "{{ run.end }}",
    });
    const { events, ends } = await run(cluster, directory);
    expect(ends).toEqual({ "tst-0": "ok", "tst-1": "failed", "tst-2": "ok" });
    expect(countsIn(directory)).toEqual({ "tst-0": 3, "tst-1": 3, "tst-2": 1 });
    expect(failuresIn(events)).toMatchObject({ "tst-1": { status: 4 } });
    const output = readFileSync(join(directory, "runs/tst-2/own.out"), "utf8");
    expect(output).toMatch(/^3 long tst-2\ncontext: +note=mine,me=[\w.-]+\n$/);
  });

  it("Grid Engine's own words tell why it refuses a job", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), header: "#$ -q nosuch", job: "exit 0" });
    const { ends, stderr } = await run(cluster, directory);
    expect(ends).toEqual({ "tst-0": "not_started" });
    expect(stderr).toContain('unknown queue "nosuch"');
  });
});

describe("a job in the queue", () => {
  it("a running job that its user deletes is cancelled, whatever its script does and however seldom the program polls", async () => {
    const directory = ensembleOf(cluster, {
      runs: ['{o: "", do: "sleep 100"}', `{o: "-notify", do: 'trap "exit 0" USR2; sleep 100 & wait'}`],
      header: "#$ {{ run.o }}",
      job: "{{ run.do }}",
    });
    const running = start(cluster, directory, "-rt", "5");
    const jobs = [await jobOf(cluster, "tst-0", /^r$/), await jobOf(cluster, "tst-1", /^r$/)];
    await cluster.as("tester")("qdel", ...jobs);
    expect(endsIn(eventsIn((await running.ended).stdout))).toEqual({ "tst-0": "cancelled", "tst-1": "cancelled" });
    expect(countsIn(directory)).toEqual(once(2));
  });

  // Grid Engine keeps no record of it: the program waits for one for a minute.
  it.runIf(ALL)("a pending job that its user deletes is cancelled, and is not submitted again", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), header: "#$ -h", job: "exit 0" });
    const running = start(cluster, directory);
    await running.until(/"state":"held"/);
    await cluster.as("tester")("qdel", await jobOf(cluster, "tst-0", /^hqw$/));
    const { stdout } = await running.ended;
    expect(endsIn(eventsIn(stdout))).toEqual({ "tst-0": "cancelled" });
    expect(stdout.match(/"type":"job\.submitted"/g)).toHaveLength(1);
    expect(countsIn(directory)).toEqual({});
  });

  it("a held job is reported, and runs once it is released", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), header: "#$ -h", job: "exit 0" });
    const running = start(cluster, directory);
    await running.until(/"state":"held"[^\n]*qrls/);
    await cluster.as("tester")("qrls", await jobOf(cluster, "tst-0", /^hqw$/));
    expect(endsIn(eventsIn((await running.ended).stdout))).toEqual({ "tst-0": "ok" });
  });

  it("a job that cannot start is reported with the reason, and has not started when it is deleted", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), header: "#$ -o /nowhere/x", job: "exit 0" });
    const running = start(cluster, directory);
    await running.until(/"state":"blocked"[^\n]*nowhere[^\n]*qmod -cj/);
    await cluster.as("tester")("qdel", await jobOf(cluster, "tst-0", /^Eqw$/));
    expect(endsIn(eventsIn((await running.ended).stdout))).toEqual({ "tst-0": "not_started" });
    expect(countsIn(directory)).toEqual({});
  });

  it("a suspended job is still running", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), job: "sleep 4" });
    const running = start(cluster, directory);
    const job = await jobOf(cluster, "tst-0", /^r$/);
    await cluster.as("admin")("qmod", "-sj", job);
    await jobOf(cluster, "tst-0", /^s$/);
    await cluster.as("admin")("qmod", "-usj", job);
    expect(endsIn(eventsIn((await running.ended).stdout))).toEqual({ "tst-0": "ok" });
  });
});

describe("a queue of its own ways", () => {
  it.each(["posix_compliant", "script_from_stdin"])("the guard works with shell_start_mode %s", async (mode) => {
    await cluster.qconf("-mattr", "queue", "shell_start_mode", mode, "long");
    await cluster.qconf("-mattr", "queue", "shell", "/bin/cat", "long");
    const directory = ensembleOf(cluster, {
      runs: ["{x: 0}", "{x: 6}"],
      header: "#$ -q long",
      job: 'shopt -q login_shell && [ -n "$BASH_VERSION" ] && exit {{ run.x }}; exit 9',
    });
    const { events, ends } = await run(cluster, directory);
    await cluster.qconf("-mattr", "queue", "shell_start_mode", "unix_behavior", "long");
    await cluster.qconf("-mattr", "queue", "shell", "/bin/sh", "long");
    expect(ends).toEqual({ "tst-0": "ok", "tst-1": "failed" });
    expect(failuresIn(events)).toMatchObject({ "tst-1": { status: 6 } });
    expect(countsIn(directory)).toEqual(once(2));
  });

  it("a job whose host fails is not run again", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), header: "#$ -r y", job: "sleep 100" });
    const running = start(cluster, directory);
    const job = await jobOf(cluster, "tst-0", /^r$/);
    await expect.poll(() => countsIn(directory), PATIENCE).toEqual(once(1));
    const active = join(cluster.directory, "spool/execd/localhost/active_jobs");
    const [own = ""] = readdirSync(active).filter((name) => name.startsWith(`${job}.`));
    process.kill(Number(readFileSync(join(active, own, "pid"), "utf8")), "SIGKILL");
    expect(endsIn(eventsIn((await running.ended).stdout))).toEqual({ "tst-0": "node_failure" });
    expect(countsIn(directory)).toEqual(once(1));
  });
});

describe("a limit on the jobs of a user", () => {
  it("the program waits for room", async () => {
    await cluster.stop();
    cluster = await startCluster(["max_u_jobs 3"]);
    const directory = ensembleOf(cluster, { runs: many(8), job: "sleep 1" });
    const { status, events } = await run(cluster, directory);
    expect(status).toBe(0);
    expect(countsIn(directory)).toEqual(once(8));
    expect(events.some((event) => event.type === "run.waiting" && event.because === "scheduler")).toBe(true);
  });
});
