/** The program among other jobs and users, inside a job, and with a Slurm that is away. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, startCluster, startProgram } from "./cluster.js";
import { countsIn, endsIn, ensembleOf, eventsIn, many, once, PATIENCE, QUICK, runEnsemble } from "./ensemble.js";

const WORDS = [...QUICK, "ensemble.yaml", "--json"];

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

describe("the name of a cluster", () => {
  it("a job that names this cluster is watched without slurmdbd", async () => {
    const directory = ensembleOf(cluster, { runs: many(2), header: "#SBATCH --clusters=specs", job: "sleep 4" });
    const running = startProgram(cluster, WORDS, { directory });
    await running.until(/("type":"job\.submitted".*){2}/s);
    await cluster.daemon.stop("slurmdbd");
    const { stdout } = await running.ended;
    await cluster.daemon.start("slurmdbd");
    expect(endsIn(eventsIn(stdout))).toEqual({ "tst-0": "ok", "tst-1": "ok" });
    expect(stdout).not.toContain('"type":"backend.silent"');
  });
});

describe("the program", () => {
  it("the program ignores options in its environment, and variables of the job in which it runs", async () => {
    const directory = ensembleOf(cluster, {
      runs: many(2),
      header: "#SBATCH --ntasks=1",
      job: "env > env.txt",
    });
    // As a login script might set them.
    const steering = {
      SBATCH_JOB_NAME: "other",
      SBATCH_ARRAY_INX: "0-3",
      SBATCH_WAIT: "1",
      SBATCH_PARTITION: "nosuch",
      SQUEUE_STATES: "FAILED",
      SQUEUE_NAMES: "nosuch",
      SQUEUE_PARTITION: "nosuch",
      SLURM_TIME_FORMAT: "relative",
      SLURM_MEM_PER_CPU: "7",
      SLURM_CLUSTERS: "elsewhere",
    };
    const outer = [
      "#!/bin/bash",
      ...Object.entries(steering).map(([name, value]) => `export ${name}=${value}`),
      `cd ${directory}`,
      `exec ${[...cluster.program, ...WORDS].join(" ")} > outer.json 2> outer.err`,
    ];
    writeFileSync(join(directory, "outer.sh"), `${outer.join("\n")}\n`);
    cluster.give(directory);
    const job = await cluster.sbatch("-n", "2", "--mem-per-cpu=77", "-o", "/dev/null", join(directory, "outer.sh"));
    await expect
      .poll(() => cluster.squeue("-h", "-t", "all", "-j", job, "-o", "%T"), PATIENCE)
      .toMatch(/COMPLETED|FAILED/);
    const stdout = readFileSync(join(directory, "outer.json"), "utf8");
    expect(endsIn(eventsIn(stdout)), readFileSync(join(directory, "outer.err"), "utf8")).toEqual({
      "tst-0": "ok",
      "tst-1": "ok",
    });
    expect(countsIn(directory)).toEqual(once(2));
    expect(stdout).toMatch(/"backend\.noted".*SBATCH_ARRAY_INX.*SLURM_JOB_ID/);
    const env = readFileSync(join(directory, "runs/tst-0/env.txt"), "utf8");
    expect(env).toMatch(/^SLURM_JOB_NAME=tst-0$/m);
    expect(env).toMatch(/^SLURM_NTASKS=1$/m);
    expect(env).not.toMatch(/^SLURM_MEM_PER_CPU=7/m);
  });

  it("the jobs of `submit` tasks are submitted once, though the program is killed in between", async () => {
    const submit = (list: string) => [`${list}:`, "  - name: submit", `    args: {script: ${list}.sh}`];
    const directory = ensembleOf(cluster, {
      ...{ runs: many(1), job: "sleep 1" },
      keys: [...submit("pre_batch"), ...submit("post_batch")],
    });
    for (const list of ["pre_batch", "post_batch"]) {
      const script = `#!/bin/bash\n#SBATCH --output=/dev/null\necho "$SLURM_JOB_NAME" >> ../counts/${list}\n`;
      mkdirSync(join(directory, "runs"), { recursive: true });
      writeFileSync(join(directory, "runs", `${list}.sh`), script);
    }
    cluster.give(directory);
    for (let kill = 0; kill < 3; kill += 1) {
      const running = startProgram(cluster, WORDS, { directory });
      await running.until(/"(job\.submitt|ensemble\.finished)/);
      running.child.kill("SIGKILL");
      await running.ended;
    }
    expect((await runEnsemble(cluster, directory)).status).toBe(0);
    const all = { ...once(1), pre_batch: 1, post_batch: 1 };
    await expect.poll(() => countsIn(directory), PATIENCE).toEqual(all);
  });

  it("the program counts the jobs of its batch, and neither those of a batch with a longer name nor other users'", async () => {
    const directory = ensembleOf(cluster, { runs: many(3), job: "sleep 1", maxjobs: 2, keys: [] });
    // None of these counts: the first have a longer name, the others belong to another user.
    const wide = ["--hold", "-o", "/dev/null", "--wrap", "true"];
    const foreign = [];
    for (let index = 0; index < 3; index += 1) {
      foreign.push(await cluster.sbatch("-J", `tst1-${index}`, ...wide));
      foreign.push((await cluster.as("admin")("sbatch", "--parsable", "-J", `tst-${index}`, ...wide)).stdout.trim());
    }
    const { status, events } = await runEnsemble(cluster, directory);
    expect(status).toBe(0);
    const first = events.findIndex(({ type }) => type === "job.finished");
    expect(events.slice(0, first).filter(({ type }) => type === "job.submitted")).toHaveLength(2);
    expect(countsIn(directory)).toEqual(once(3));
    // A job of the same user with the same name counts.
    const same = await cluster.sbatch("-J", "tst-99", ...wide);
    await cluster.sbatch("-J", "tst-98", ...wide).then((id) => foreign.push(id));
    const full = ensembleOf(cluster, { runs: many(1), job: ":", maxjobs: 2 });
    const running = startProgram(cluster, WORDS, { directory: full });
    await running.until(/"because":"maxjobs"/);
    await cluster.as("tester")("scancel", same);
    expect((await running.ended).status).toBe(0);
    await cluster.as("admin")("scancel", ...foreign);
  });

  // squeue searches for its configuration for a minute.
  it.runIf(process.env["SLURM"] === "all")("the program says that Slurm's own configuration is missing", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), job: ":" });
    const running = startProgram(cluster, WORDS, { directory, env: { SLURM_CONF: "/nowhere/slurm.conf" } });
    await running.until(/"backend\.silent"[^\n]*onfiguration/);
    running.child.kill("SIGKILL");
    await running.ended;
    expect(countsIn(directory)).toEqual({});
    // The program knows that the job was not submitted.
    expect((await runEnsemble(cluster, directory)).status).toBe(0);
    expect(countsIn(directory)).toEqual(once(1));
  });

  it.runIf(process.getuid?.() === 0)("the program does not resume an ensemble that another user started", async () => {
    const directory = ensembleOf(cluster, { runs: many(1), job: "exit 1" });
    await runEnsemble(cluster, directory);
    const [node, main] = cluster.program;
    const words = ["-C", directory, node, main, ...WORDS, "--retry-failed"];
    const { status, stderr } = await cluster.as("admin")("env", ...words);
    expect(status).toBe(5);
    expect(stderr).toContain("belongs to another user");
    expect(countsIn(directory)).toEqual(once(1));
  });

  it("the program waits for a Slurm that is away", async () => {
    const directory = ensembleOf(cluster, { runs: many(3), job: ":" });
    await cluster.daemon.stop("slurmctld");
    const running = startProgram(cluster, WORDS, { directory });
    await running.until(/"backend\.silent"/);
    await cluster.daemon.start("slurmctld");
    expect((await running.ended).status).toBe(0);
    expect(countsIn(directory)).toEqual(once(3));
  });

  it("cancel --all cancels jobs of which the journal does not know whether they were submitted", async () => {
    const directory = ensembleOf(cluster, { runs: many(2), job: "sleep 300" });
    const running = startProgram(cluster, WORDS, { directory });
    await running.until(/job\.submitting/);
    await cluster.daemon.pause("slurmctld");
    running.child.kill("SIGKILL");
    await running.ended;
    const cancelling = startProgram(cluster, ["cancel", "--all"], { directory });
    await cancelling.until(/timed out|silent|answer/i);
    await cluster.daemon.resume("slurmctld");
    const { status, stdout, stderr } = await cancelling.ended;
    expect(status, stdout + stderr).toBe(0);
    expect(await cluster.squeue("-h", "-n", "tst-0,tst-1")).toBe("");
  });
});
