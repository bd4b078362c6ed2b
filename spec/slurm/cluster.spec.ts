/** The cluster that other specs rely on: it comes up, runs a job of an ordinary user, bears faults, and leaves nothing. */
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { directoryWith } from "../support/program.js";
import { type Cluster, runProgram, startCluster } from "./cluster.js";

/** What is at work in its directory: its daemons, and what looks after jobs. */
const processesOf = ({ directory }: Cluster): readonly string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter(
      (pid) =>
        linkOf(pid, "cwd").startsWith(`${directory}/`) ||
        textOf(pid, "environ").split("\0").includes(`CLUSTER_DAEMON=${directory}`),
    )
    .map((pid) => textOf(pid, "comm").trim());

const linkOf = (pid: string, file: string): string => {
  try {
    return readlinkSync(join("/proc", pid, file));
  } catch {
    return "";
  }
};

/** What a process says, unless it has just gone. */
const textOf = (pid: string, file: string): string => {
  try {
    return readFileSync(join("/proc", pid, file), "utf8");
  } catch {
    return "";
  }
};

/** Its state, as long as squeue knows of it. */
const stateOf = ({ squeue }: Cluster, job: string): Promise<string> => squeue("-h", "-t", "all", "-j", job, "-o", "%T");

const PATIENCE = { timeout: 30_000, interval: 200 };

describe.each([true, false])("a cluster (with accounting: %s)", (accounting) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ accounting });
  });
  afterAll(() => cluster.stop());

  it("has four nodes, and users for them", async () => {
    expect(processesOf(cluster).filter((name) => name === "slurmd")).toHaveLength(4);
    expect(processesOf(cluster).includes("slurmdbd")).toBe(accounting);
    const { uid } = await cluster
      .as("tester")("id", "-u")
      .then(({ stdout }) => ({ uid: Number(stdout) }));
    expect(uid).toBe(cluster.tester.uid);
    expect(uid).not.toBe(0);
  });

  it("runs a job of an ordinary user", async () => {
    const job = await cluster.sbatch("--comment", "of a spec", "--output", "out", "--wrap", "id -un");
    await expect.poll(() => stateOf(cluster, job), PATIENCE).toBe("COMPLETED");
    expect(readFileSync(join(cluster.home, "out"), "utf8")).toBe(`${cluster.tester.name}\n`);
    expect(await cluster.scontrol("show", "job", job)).toContain("Comment=of a spec");
  });

  it("tells what became of jobs, where it has accounts", async () => {
    if (!accounting) {
      const { status, stderr } = await cluster.as("tester")("sacct");
      expect([status, stderr]).toEqual([1, "Slurm accounting storage is disabled\n"]);
      return;
    }
    const job = await cluster.sbatch("--comment", "of a spec", "--output", "out", "--wrap", "exit 3");
    const story = () => cluster.sacct("-nXP", "-j", job, "-o", "State,ExitCode,Comment");
    await expect.poll(story, PATIENCE).toBe("FAILED|3:0|of a spec");
  });

  it("bears that a daemon is killed", async () => {
    await cluster.daemon.kill("slurmctld");
    expect(await cluster.as("tester")("scontrol", "ping")).toMatchObject({ status: 1 });
    await cluster.daemon.start("slurmctld");
    expect(await cluster.scontrol("ping")).toContain("is UP");
  });

  it("bears that a daemon hangs, and lets clients wait for as long as was said", async () => {
    await cluster.daemon.pause("slurmctld");
    const { status, stderr } = await cluster.as("tester")("squeue");
    expect([status, stderr]).toEqual([1, expect.stringContaining("timed out")]);
    await cluster.daemon.resume("slurmctld");
    expect(await cluster.scontrol("ping")).toContain("is UP");
  });

  it("has the program, in a directory of the user who runs it", async () => {
    const directory = cluster.give(directoryWith({ "ensemble.yaml": "ensemble: {batches: []}\n" }));
    expect(statSync(directory)).toMatchObject({ uid: cluster.tester.uid, mode: 0o40700 });
    expect(await runProgram(cluster, ["--version"], { directory })).toMatchObject({ status: 0, stderr: "" });
  });
});

describe("the end of a cluster", () => {
  it("leaves neither daemons nor what has fled from jobs", async () => {
    const cluster = await startCluster({ accounting: false });
    const fled = join(cluster.home, "fled");
    const flee = `setsid bash -c '(echo $BASHPID > fled; exec sleep 1000) &'; trap "" TERM; sleep 1000; sleep 1000`;
    await cluster.as("tester")("rm", "-f", fled);
    await cluster.sbatch("--wrap", flee);
    await expect.poll(() => existsSync(fled) && readFileSync(fled, "utf8"), PATIENCE).toMatch(/^\d+\n$/);
    const pid = readFileSync(fled, "utf8").trim();
    expect(textOf(pid, "comm")).toBe("sleep\n");
    await cluster.stop();
    expect(processesOf(cluster)).toEqual([]);
    expect(textOf(pid, "environ")).toBe("");
  });

  it("does not come by another process that likes to have one too", async () => {
    const cluster = await startCluster({ accounting: false });
    const { CLUSTER_DIR = cluster.directory } = process.env;
    const words = ["CLUSTER_HOLDER=1", `CLUSTER_DIR=${CLUSTER_DIR}`, join(import.meta.dirname, "cluster.sh"), "up"];
    const { status, stderr } = await cluster.as("admin")("env", ...words);
    expect([status, stderr]).toEqual([1, expect.stringContaining(`process ${process.pid} uses the cluster`)]);
    expect(processesOf(cluster)).toContain("slurmctld");
    await cluster.stop();
  });
});
