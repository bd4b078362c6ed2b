/** The cluster on which other specs rely: it starts, runs a user's job, survives faults, and leaves nothing behind. */
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { directoryWith } from "../support/program.js";
import { type Cluster, runProgram, startCluster } from "./cluster.js";

/** The processes of the cluster: its daemons, and those that supervise jobs. */
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

/** A file of a process in /proc; empty where the process has just ended. */
const textOf = (pid: string, file: string): string => {
  try {
    return readFileSync(join("/proc", pid, file), "utf8");
  } catch {
    return "";
  }
};

/** The state of a job in squeue; empty where squeue no longer shows the job. */
const stateOf = ({ squeue }: Cluster, job: string): Promise<string> => squeue("-h", "-t", "all", "-j", job, "-o", "%T");

const PATIENCE = { timeout: 30_000, interval: 200 };

describe.each([true, false])("a cluster (with accounting: %s)", (accounting) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ accounting });
  });
  afterAll(() => cluster.stop());

  it("the cluster has four nodes, and a user who is not root", async () => {
    expect(processesOf(cluster).filter((name) => name === "slurmd")).toHaveLength(4);
    expect(processesOf(cluster).includes("slurmdbd")).toBe(accounting);
    const { uid } = await cluster
      .as("tester")("id", "-u")
      .then(({ stdout }) => ({ uid: Number(stdout) }));
    expect(uid).toBe(cluster.tester.uid);
    expect(uid).not.toBe(0);
  });

  it("the cluster runs a job of an ordinary user", async () => {
    const job = await cluster.sbatch("--comment", "of a spec", "--output", "out", "--wrap", "id -un");
    await expect.poll(() => stateOf(cluster, job), PATIENCE).toBe("COMPLETED");
    expect(readFileSync(join(cluster.home, "out"), "utf8")).toBe(`${cluster.tester.name}\n`);
    expect(await cluster.scontrol("show", "job", job)).toContain("Comment=of a spec");
  });

  it("sacct shows how a job ended, if the cluster keeps accounts", async () => {
    if (!accounting) {
      const { status, stderr } = await cluster.as("tester")("sacct");
      expect([status, stderr]).toEqual([1, "Slurm accounting storage is disabled\n"]);
      return;
    }
    const job = await cluster.sbatch("--comment", "of a spec", "--output", "out", "--wrap", "exit 3");
    const record = () => cluster.sacct("-nXP", "-j", job, "-o", "State,ExitCode,Comment");
    await expect.poll(record, PATIENCE).toBe("FAILED|3:0|of a spec");
  });

  it("the cluster works again after slurmctld was killed and started", async () => {
    await cluster.daemon.kill("slurmctld");
    expect(await cluster.as("tester")("scontrol", "ping")).toMatchObject({ status: 1 });
    await cluster.daemon.start("slurmctld");
    expect(await cluster.scontrol("ping")).toContain("is UP");
  });

  it("clients time out while slurmctld hangs, and work again once it continues", async () => {
    await cluster.daemon.pause("slurmctld");
    const { status, stderr } = await cluster.as("tester")("squeue");
    expect([status, stderr]).toEqual([1, expect.stringContaining("timed out")]);
    await cluster.daemon.resume("slurmctld");
    expect(await cluster.scontrol("ping")).toContain("is UP");
  });

  it("the tester can run the program in a directory of its own", async () => {
    const directory = cluster.give(directoryWith({ "ensemble.yaml": "ensemble: {batches: []}\n" }));
    expect(statSync(directory)).toMatchObject({ uid: cluster.tester.uid, mode: 0o40700 });
    expect(await runProgram(cluster, ["--version"], { directory })).toMatchObject({ status: 0, stderr: "" });
  });
});

describe("the end of a cluster", () => {
  it("the end of a cluster leaves neither daemons nor processes that escaped from jobs", async () => {
    const cluster = await startCluster({ accounting: false });
    const escaped = join(cluster.home, "fled");
    const escape = `setsid bash -c '(echo $BASHPID > fled; exec sleep 1000) &'; trap "" TERM; sleep 1000; sleep 1000`;
    await cluster.as("tester")("rm", "-f", escaped);
    await cluster.sbatch("--wrap", escape);
    await expect.poll(() => existsSync(escaped) && readFileSync(escaped, "utf8"), PATIENCE).toMatch(/^\d+\n$/);
    const pid = readFileSync(escaped, "utf8").trim();
    expect(textOf(pid, "comm")).toBe("sleep\n");
    await cluster.stop();
    expect(processesOf(cluster)).toEqual([]);
    expect(textOf(pid, "environ")).toBe("");
  });

  it("another process cannot restart a cluster that is in use", async () => {
    const cluster = await startCluster({ accounting: false });
    const { CLUSTER_DIR = cluster.directory } = process.env;
    const words = ["CLUSTER_HOLDER=1", `CLUSTER_DIR=${CLUSTER_DIR}`, join(import.meta.dirname, "cluster.sh"), "up"];
    const { status, stderr } = await cluster.as("admin")("env", ...words);
    expect([status, stderr]).toEqual([1, expect.stringContaining(`process ${process.pid} uses the cluster`)]);
    expect(processesOf(cluster)).toContain("slurmctld");
    await cluster.stop();
  });
});
