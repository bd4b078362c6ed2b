/** The cluster that other specs rely on: it comes up, runs a job of an ordinary user, bears faults, and leaves nothing. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runProgram } from "../support/cluster.js";
import { directoryWith } from "../support/program.js";
import { PATIENCE } from "../support/runs.js";
import { type Cluster, startCluster } from "./cluster.js";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

/** The names of all processes with the cluster's mark: its daemons, and what its jobs have started. */
const processesOf = ({ directory }: Cluster): readonly string[] =>
  readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => textOf(pid, "environ").split("\0").includes(`CLUSTER_DAEMON=${directory}`))
    .map((pid) => textOf(pid, "comm").trim());

/** What the system tells of a process, unless it has just gone. */
const textOf = (pid: string, file: string): string => {
  try {
    return readFileSync(join("/proc", pid, file), "utf8");
  } catch {
    return "";
  }
};

/** A job script of these lines, in the tester's home. */
const script = (lines: string): string => {
  const file = join(cluster.home, "job.sh");
  writeFileSync(file, `#!/bin/bash\n${lines}\n`);
  return cluster.give(file);
};

it("a job runs as an ordinary user, and qacct tells how it ended", async () => {
  const job = await cluster.qsub("-o", "out", "-j", "y", "-cwd", script("id -un; exit 3"));
  const account = async () => (await cluster.as("tester")("qacct", "-j", job)).stdout;
  await expect.poll(account, PATIENCE).toMatch(/^exit_status +3 /m);
  expect(readFileSync(join(cluster.home, "out"), "utf8")).toBe(`${cluster.tester.name}\n`);
});

it("the program is there, for a directory of the tester", async () => {
  const directory = cluster.give(directoryWith({ "ensemble.yaml": "ensemble: {batches: []}\n" }));
  expect(await runProgram(cluster, ["--version"], { directory })).toMatchObject({ status: 0, stderr: "" });
});

it("another process cannot take the cluster from its holder", async () => {
  const words = [`GRIDENGINE_DIR=${cluster.directory}`, join(import.meta.dirname, "cluster.sh"), "up"];
  const { status, stderr } = await cluster.as("admin")("env", ...words);
  expect([status, stderr]).toEqual([1, expect.stringContaining(`process ${process.pid} uses the cluster`)]);
});

it("killed daemons can be started again, and its end leaves neither them nor what has fled from jobs", async () => {
  const fled = join(cluster.home, "fled");
  const lines = `setsid bash -c '(echo $BASHPID > ${fled}; exec sleep 1000) &'; trap "" TERM; sleep 1000; sleep 1000`;
  const job = await cluster.qsub("-cwd", script(lines));
  await expect.poll(() => existsSync(fled) && readFileSync(fled, "utf8"), PATIENCE).toMatch(/^\d+\n$/);
  expect(processesOf(cluster)).toEqual(expect.arrayContaining(["sge_qmaster", "sge_execd", "sleep"]));
  await cluster.daemon.kill("qmaster");
  expect(await cluster.as("tester")("qstat")).toMatchObject({ status: 1 });
  await cluster.daemon.start("qmaster");
  expect(await cluster.qstat("-j", job)).toContain("job_name");
  await cluster.daemon.kill("execd");
  await cluster.daemon.kill("qmaster");
  await cluster.stop();
  expect(processesOf(cluster)).toEqual([]);
  expect(textOf(readFileSync(fled, "utf8").trim(), "environ")).toBe("");
});
