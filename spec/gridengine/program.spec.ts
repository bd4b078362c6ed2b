/** What the program does around its ensembles: it checks a site, cancels jobs, is a job itself, and asks qmaster seldom. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runProgram, startProgram } from "../support/cluster.js";
import { directoryWith } from "../support/program.js";
import { countsIn, endsIn, eventsIn, many, once, PATIENCE, QUICK } from "../support/runs.js";
import { type Cluster, startCluster } from "./cluster.js";
import { ALL, ensembleOf, jobOf, run, start } from "./ensemble.js";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

it("model_ensemble_check sees that Grid Engine can be used, and leaves nothing behind", async () => {
  const directory = cluster.give(directoryWith({}));
  const [node, main] = cluster.program;
  const words = ["-C", directory, node, main.replace(/main\.js$/, "check.js"), "gridengine"];
  const { status, stdout } = await cluster.as("tester")("env", ...words);
  expect([status, stdout]).toEqual([
    0,
    expect.stringMatching(/qmaster.*it answers[\s\S]*a job to Grid Engine.*succeeded/),
  ]);
  expect(stdout).toContain("short with 64 of 64 slots free");
  expect(await cluster.qstat()).toBe("");
});

it("model_ensemble_check says what is missing where qmaster is away", async () => {
  await cluster.daemon.kill("qmaster");
  const [node, main] = cluster.program;
  const words = [node, main.replace(/main\.js$/, "check.js"), "sge"];
  const { status, stdout, stderr } = await cluster.as("tester")("env", ...words);
  await cluster.daemon.start("qmaster");
  await cluster.daemon.stop("execd");
  await cluster.daemon.start("execd");
  expect(status).toBe(1);
  expect(stdout + stderr).toMatch(/qmaster.*unable to send message/);
});

it("model_ensemble cancel ends running, pending and erroneous jobs, and no job of another ensemble", async () => {
  const other = await cluster.qsub("-h", "-N", "tst-0", "-b", "y", "/bin/true");
  const directory = ensembleOf(cluster, {
    runs: ['{o: ""}', '{o: "-h"}', '{o: "-o /nowhere/x"}', '{o: "-t 1-3"}'],
    header: "#$ {{ run.o }}",
    job: "sleep 300",
  });
  const running = start(cluster, directory);
  await jobOf(cluster, "tst-0", /^r$/);
  await jobOf(cluster, "tst-2", /^Eqw$/);
  await jobOf(cluster, "tst-3", /^r$/);
  running.child.kill("SIGKILL");
  await running.ended;
  const { status, stdout, stderr } = await runProgram(cluster, ["cancel", "--all"], { directory });
  expect([status, stdout], stderr).toEqual([0, expect.stringContaining("4 jobs cancelled")]);
  expect(
    (await cluster.qstat())
      .split("\n")
      .slice(2)
      .map((line) => line.trim().split(" ")[0]),
  ).toEqual([other]);
  await cluster.as("tester")("qdel", other);
});

it("a program that is a job itself does not hand on what that job knows of itself", async () => {
  const directory = ensembleOf(cluster, { runs: many(1), header: "#$ -V", job: 'echo "$SGE_TASK_ID" > task; exit 0' });
  const lines = [
    "#!/bin/bash",
    ...["SGE_ROOT", "SGE_CELL", "SGE_QMASTER_PORT", "SGE_EXECD_PORT", "PATH"].map(
      (name) => `export ${name}='${cluster.env[name] ?? ""}'`,
    ),
    `cd ${directory}`,
    `exec ${[...cluster.program, ...QUICK, "ensemble.yaml", "sge", "--json"].join(" ")} > outer.json 2> outer.err`,
  ];
  writeFileSync(join(directory, "outer.sh"), `${lines.join("\n")}\n`);
  cluster.give(directory);
  const outer = await cluster.qsub("-t", "2", "-o", "/dev/null", "-j", "y", join(directory, "outer.sh"));
  await expect.poll(async () => (await cluster.as("tester")("qacct", "-j", outer)).status, PATIENCE).toBe(0);
  const stdout = readFileSync(join(directory, "outer.json"), "utf8");
  expect(endsIn(eventsIn(stdout)), readFileSync(join(directory, "outer.err"), "utf8")).toEqual({ "tst-0": "ok" });
  expect(stdout).toMatch(/"backend\.noted".*JOB_ID.*SGE_TASK_ID/);
  expect(readFileSync(join(directory, "runs/tst-0/task"), "utf8")).toBe("undefined\n");
});

it.each(ALL ? [20, 500] : [10, 60])(
  "two queries a poll and one submission a job are all that qmaster sees of %i jobs",
  async (jobs) => {
    const directory = ensembleOf(cluster, { runs: many(jobs), job: "sleep 4", maxjobs: jobs });
    const programs = ["qsub", "qstat", "qacct", "qdel", "qconf"];
    // The program finds these first, and each notes its call.
    const bin = directoryWith(
      Object.fromEntries(
        programs.map((name) => [
          name,
          `#!/bin/sh\necho "${name} $1 $2" >> ${directory}/calls\nexec ${cluster.env["SGE_ROOT"] ?? ""}/bin/lx-amd64/${name} "$@"\n`,
        ]),
      ),
    );
    await cluster.as("admin")("chmod", "-R", "a+rx", bin);
    const env = { PATH: `${bin}:${cluster.env["PATH"] ?? ""}` };
    const words = [...QUICK, "-rt", "2", "ensemble.yaml", "gridengine", "--json"];
    expect((await startProgram(cluster, words, { directory, env }).ended).status).toBe(0);
    expect(countsIn(directory)).toEqual(once(jobs));
    const calls = readFileSync(join(directory, "calls"), "utf8").trim().split("\n");
    const count = (call: RegExp) => calls.filter((line) => call.test(line)).length;
    const polls = count(/^qstat -xml -u$/);
    expect(polls).toBeGreaterThan(2);
    expect(count(/^qstat -xml -j$/)).toBeLessThanOrEqual(polls);
    expect(count(/^qsub/)).toBe(jobs);
    expect(calls).toHaveLength(polls + count(/^qstat -xml -j$/) + jobs);
  },
);

it("an ensemble is resumed under the name or the alias of its backend, and on no other", async () => {
  const directory = ensembleOf(cluster, { runs: many(2), job: "exit {{ run.x }}" });
  expect((await run(cluster, directory)).ends).toEqual({ "tst-0": "ok", "tst-1": "failed" });
  const again = (backend: string) =>
    runProgram(cluster, [...QUICK, "ensemble.yaml", backend, "--json", "--retry-failed"], { directory });
  expect((await again("sge")).status).toBe(1);
  expect(countsIn(directory)).toEqual({ "tst-0": 1, "tst-1": 2 });
  expect((await again("dummy")).stderr).toContain("gridengine");
});
