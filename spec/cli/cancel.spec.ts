/** Specs of `cancel`, with stand-ins for Slurm's commands: it cancels the jobs of runs and no others. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Event, Fact } from "../../lib/index.js";
import { encode, JOURNAL } from "../../lib/journal/format.js";
import { bootId } from "../../lib/system/processes/process-identity.js";
import { directoryWith, ensembleOf, eventually, program, start } from "../support/program.js";

const IDENTITY = "abcdefghijk";

/**
 * A stand-in for Slurm. `jobs/<id>` holds a job's state and comment, `calls` the arguments of each scancel, `asked` those of
 * each squeue, `becomes` the state that scancel sets. Where `away` exists, squeue fails; where `far-away` does, squeue fails
 * for other clusters; where `denied` does, scancel is refused.
 */
const SLURM = {
  squeue: `echo "$*" >>asked
case " $* " in *" -M "*) [ -e far-away ] && { echo "squeue: error: Problem talking to the database" >&2; exit 1; };; esac
[ -e away ] && { echo "squeue: error: Unable to contact slurm controller" >&2; exit 1; }
for file in jobs/[0-9]*; do
  read -r state comment <$file
  printf '%s\\x1f%s\\x1f%s\\x1f2026-11-24T12:00:00\\x1fNone\\x1fname\\x1f%s\\n' "\${file#jobs/}" "\${file#jobs/}" "$state" "$comment"
done
sed -i 's/^COMPLETING /CANCELLED /' jobs/* 2>/dev/null
exit 0`,
  scancel: `echo "$* \${SCANCEL_STATE-}" >>calls
status=0
for id; do
  if [ -e denied ]; then
    echo "scancel: error: Kill job error on job id $id: Access/permission denied" >&2
    status=1
  else
    sed -i "s/^[A-Z]*/$(cat becomes)/" jobs/$id
  fi
done
exit $status`,
  sacct: "cat accounts 2>/dev/null; exit 0",
  scontrol:
    'echo "MessageTimeout = 1 sec"; echo "MinJobAge = 300 sec"; echo "AccountingStorageType = accounting_storage/slurmdbd"; echo "ClusterName = blue"',
  sbatch: `for word; do case $word in --comment=*) comment=\${word#--comment=};; esac; done
until mkdir lock 2>/dev/null; do sleep 0.01; done
id=$((100 + $(ls jobs | grep -c "^[0-9]")))
echo "RUNNING $comment" >jobs/$id
rmdir lock
echo $id`,
};

/** A directory with its own stand-in cluster. */
const withSlurm = (directory = directoryWith({})) => {
  const at = join(directory, "slurm");
  mkdirSync(join(at, "jobs"), { recursive: true });
  mkdirSync(join(at, "bin"));
  for (const [name, text] of Object.entries(SLURM)) {
    const path = join(at, "bin", name);
    writeFileSync(path, `#!/bin/bash\nshopt -s nullglob\ncd '${at}'\n${text}\n`);
    chmodSync(path, 0o755);
  }
  const put = (name: string, text: string) => writeFileSync(join(at, name), `${text}\n`);
  put("becomes", "CANCELLED");
  const env = { PATH: `${join(at, "bin")}:${process.env["PATH"] ?? ""}`, SCANCEL_STATE: "PENDING" };
  return {
    directory,
    env,
    put,
    calls: () => (existsSync(join(at, "calls")) ? readFileSync(join(at, "calls"), "utf8").trim().split("\n") : []),
    state: (id: string) => readFileSync(join(at, "jobs", id), "utf8").split(" ")[0],
    cancel: (...words: readonly string[]) => program(["cancel", ...words], { directory, env }),
  };
};

type Cluster = ReturnType<typeof withSlurm>;

interface StartedRun {
  readonly run: number;
  readonly id?: string;
  readonly ended?: true;
  readonly lost?: true;
}

const LOST = { reason: "job", cause: "lost" } as const;

const tokenOf = (run: number) => `1-job-b-${run}`;
const markOf = (run: number) => `me:${IDENTITY}.${tokenOf(run)}`;
const claims = ({ directory }: Cluster, name: string) => join(directory, ".ensemble", name, "claims");

/** Writes a journal as a killed start leaves it. */
const journal = (cluster: Cluster, runs: readonly StartedRun[], { name = "e", backend = "slurm" } = {}) => {
  const boot = bootId();
  const batch = { batch: "b", runs: runs.length, maxruns: 1000, maxjobs: 1000, after: [] };
  const facts: Fact[] = [
    {
      ...{ type: "stream.opened", schema: "model-ensembler.events/2.1", version: "0", host: "h", boot, pid: 1 },
      directory: cluster.directory,
    },
    {
      ...{ type: "ensemble.started", ensemble: name, configuration: `${name}.yaml`, backend },
      ...{ pre_process: 0, post_process: 0, batches: [batch] },
    },
    ...runs.flatMap(({ run, id, ended, lost }): Fact[] => {
      const here = { batch: "b", run: `b-${run}`, cycle: 1, attempt: 1 };
      return [
        { type: "run.started", index: run, directory: `/nowhere/b-${run}`, ...here },
        { type: "job.submitting", script: "job.sh", token: tokenOf(run), ...here },
        ...(id === undefined ? [] : [{ type: "job.submitted" as const, job: id, ...here }]),
        ...(lost
          ? [{ type: "job.finished" as const, job: id ?? "", ok: false as const, failure: LOST, elapsed_s: 1, ...here }]
          : []),
        ...(ended ? [{ type: "run.finished" as const, ok: true as const, elapsed_s: 1, ...here }] : []),
      ];
    }),
  ];
  const events = facts.map((fact, seq): Event => ({ seq, time: "2026-11-24T12:00:00.000Z", ...fact }));
  const header = encode([{ journal: JOURNAL, uid: "one", segment: 1 }], { crc: 0 });
  const directory = join(cluster.directory, ".ensemble", name);
  mkdirSync(claims(cluster, name), { recursive: true });
  writeFileSync(join(claims(cluster, name), "slurm-identity"), IDENTITY);
  const bytes = Buffer.concat([header.bytes, encode(events, { crc: header.crc }).bytes]);
  writeFileSync(join(directory, "journal-000001.ndjson"), bytes);
};

describe("--fresh", () => {
  it("--fresh warns of jobs that may still be in the queue", async () => {
    const cluster = withSlurm();
    journal(cluster, [
      { run: 0, id: "12" },
      { run: 1, id: "13", ended: true },
    ]);
    writeFileSync(join(cluster.directory, "e.yaml"), "ensemble: {batches: []}\n");
    const words = ["--fresh", "--yes", "e.yaml"];
    const { status, stderr } = await program(words, { directory: cluster.directory, env: cluster.env });
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^warning: 1 job of this ensemble may still be in the queue; to cancel, run `model_ensemble cancel --all/,
    );
  });
});

describe("cancel", () => {
  it("cancel gives scancel nothing but the ids of the jobs, and waits until the jobs have ended", async () => {
    const cluster = withSlurm();
    journal(cluster, [
      { run: 0, id: "12" },
      { run: 1, id: "13" },
      { run: 2, id: "14" },
    ]);
    for (const run of [0, 1, 2]) cluster.put(`jobs/${12 + run}`, `RUNNING ${markOf(run)} theirs`);
    cluster.put("jobs/14", `COMPLETED ${markOf(2)}`);
    cluster.put("becomes", "COMPLETING");
    const { status, stdout, stderr } = await cluster.cancel("b-0", "b-2");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toBe(
      "b-2: job 14 had already ended: COMPLETED\nb-0: job 12 cancelled\n1 job cancelled, 1 had already ended\n",
    );
    // SCANCEL_STATE in the environment would restrict scancel to pending jobs; the program removes it.
    expect(cluster.calls()).toEqual(["12"]);
    expect(cluster.state("12")).toBe("CANCELLED");
    expect(cluster.state("13")).toBe("RUNNING");
    expect(readdirSync(claims(cluster, "e"))).toEqual(["slurm-identity"]);
  });

  it("cancel --all sends scancel a hundred ids at a time, and the ids of another cluster to that cluster", async () => {
    const cluster = withSlurm();
    const runs = Array.from({ length: 250 }, (_, run) => ({ run, id: `${1000 + run}${run === 249 ? ";far" : ""}` }));
    journal(cluster, runs);
    for (const { run } of runs) cluster.put(`jobs/${1000 + run}`, `PENDING ${markOf(run)}`);
    const { status, stdout } = await cluster.cancel("--all");
    expect(status).toBe(0);
    expect(stdout).toMatch(/\n250 jobs cancelled\n$/);
    const calls = cluster.calls();
    expect(calls.slice(0, 3).map((line) => line.trim().split(" ").length)).toEqual([100, 100, 49]);
    expect(calls.at(-1)).toBe("-M far 1249");
    expect(calls).toHaveLength(4);
  });

  it("if the site has changed a job's comment, cancel finds the job by its sbatch command line in the accounts", async () => {
    const cluster = withSlurm();
    journal(cluster, [{ run: 0, id: "12" }]);
    cluster.put("jobs/12", "RUNNING project=x");
    const line = `sbatch --comment=${markOf(0)} job.sh`;
    const account = ["12", "12", "RUNNING", "0:0", "2026-11-24T12:00:00", "", line];
    writeFileSync(join(cluster.directory, "slurm/accounts"), `${account.join("\x1f")}\n`);
    const { status, stdout } = await cluster.cancel("b-0");
    expect([status, stdout]).toEqual([0, "b-0: job 12 cancelled\n1 job cancelled\n"]);
    expect(cluster.calls()).toEqual(["12"]);
  });

  it("cancel finds a job that the program counts as lost and the queue still shows", async () => {
    const cluster = withSlurm();
    journal(cluster, [{ run: 0, id: "12", lost: true }]);
    cluster.put("jobs/12", `RUNNING ${markOf(0)}`);
    const { status, stdout } = await cluster.cancel("--all");
    expect([status, stdout]).toEqual([0, "b-0: job 12 cancelled\n1 job cancelled\n"]);
  });

  it("cancel finds a job of this cluster that only its guard has recorded", async () => {
    const cluster = withSlurm();
    journal(cluster, [{ run: 0 }]);
    cluster.put("jobs/12", "RUNNING project=x");
    const place = join(claims(cluster, "e"), markOf(0).replace("me:", ""));
    mkdirSync(place);
    // The guard's claim: job, cluster, restarts, node, process.
    symlinkSync("12 blue 0 n1 7", join(place, "claim"));
    writeFileSync(join(place, "sbatch.1"), "1 boot stat\n");
    const { status, stdout } = await cluster.cancel("b-0");
    expect([status, stdout]).toEqual([0, "b-0: job 12 cancelled\n1 job cancelled\n"]);
    expect(cluster.calls()).toEqual(["12"]);
  });

  it("cancel refuses a running job that is not in this user's queue, and says who may cancel it", async () => {
    const cluster = withSlurm();
    journal(cluster, [{ run: 0, id: "12" }]);
    const account = ["12", "12", "RUNNING", "0:0", "2026-11-24T12:00:00", "", `sbatch --comment=${markOf(0)} job.sh`];
    writeFileSync(join(cluster.directory, "slurm/accounts"), `${account.join("\x1f")}\n`);
    const { status, stderr } = await cluster.cancel("b-0");
    expect(status).toBe(1);
    expect(stderr).toContain("the user whose job it is can cancel it");
    expect(cluster.calls()).toEqual([]);
  });

  it("cancel waits for a cluster that does not answer, and meanwhile cancels the jobs of the other clusters", async () => {
    const cluster = withSlurm();
    journal(cluster, [
      { run: 0, id: "12" },
      { run: 1, id: "13;far" },
    ]);
    cluster.put("jobs/12", `RUNNING ${markOf(0)}`);
    cluster.put("jobs/13", `RUNNING ${markOf(1)}`);
    cluster.put("far-away", "");
    const cancelling = start(["cancel", "--all"], { directory: cluster.directory, env: cluster.env });
    await cancelling.until("b-0: job 12 cancelled");
    // After two more polls, a program that took silence for the end of a job would have reported that the job ended.
    const polls = () => readFileSync(join(cluster.directory, "slurm/asked"), "utf8").split("\n").length;
    const now = polls();
    await eventually(() => polls() > now + 1, "the program has stopped polling");
    rmSync(join(cluster.directory, "slurm/far-away"));
    expect((await cancelling.ended).status).toBe(0);
    expect(cancelling.stdout).toBe("b-0: job 12 cancelled\nb-1: job 13;far cancelled\n2 jobs cancelled\n");
  });

  it("cancel never touches a foreign job with a reused id, nor a job that Slurm no longer knows", async () => {
    const cluster = withSlurm();
    journal(cluster, [
      { run: 0, id: "12" },
      { run: 1, id: "13" },
      { run: 2, id: "14" },
      { run: 3, id: "15" },
    ]);
    cluster.put("jobs/12", `RUNNING me:${IDENTITY}.${tokenOf(7)}`);
    cluster.put("jobs/13", "RUNNING foreign");
    cluster.put(
      "accounts",
      ["15", "15", "TIMEOUT", "0:0", "2026-11-24T12:00:00", "", `sbatch --comment=${markOf(3)} x`].join("\x1f"),
    );
    const { status, stdout } = await cluster.cancel("--all");
    expect(status).toBe(0);
    expect(stdout.split("\n").sort()).toEqual([
      "",
      "0 jobs cancelled, 4 had already ended",
      "b-0: job 12 had already ended; the id 12 now belongs to another job",
      "b-1: job 13 had already ended; the id 13 now belongs to another job",
      "b-2: job 14 had already ended",
      "b-3: job 15 had already ended: TIMEOUT",
    ]);
    expect(cluster.calls()).toEqual([]);
  });

  it("cancel finds the unknown id of a job in sbatch's output, in the queue, or in the accounts", async () => {
    const cluster = withSlurm();
    journal(cluster, [{ run: 0 }, { run: 1 }, { run: 2 }, { run: 3 }]);
    const jobDirectory = join(claims(cluster, "e"), tokenOf(0));
    mkdirSync(jobDirectory);
    // The claim of an sbatch: process, boot, start time; and how it ended.
    writeFileSync(join(jobDirectory, "sbatch.1"), `1 ${bootId()} -\nended 0\n`);
    writeFileSync(join(jobDirectory, "out.1"), "12\n");
    cluster.put("jobs/12", `RUNNING ${markOf(0)}`);
    cluster.put("jobs/13", `PENDING ${markOf(1)}`);
    cluster.put(
      "accounts",
      ["14", "14", "COMPLETED", "0:0", "2026-11-24T12:00:00", markOf(2), "sbatch x"].join("\x1f"),
    );
    const { status, stdout } = await cluster.cancel("b-0", "b-1", "b-2", "b-3");
    expect(status).toBe(0);
    expect(stdout.split("\n").sort()).toEqual([
      "",
      "2 jobs cancelled, 1 had already ended, 1 never submitted",
      "b-0: job 12 cancelled",
      "b-1: job 13 cancelled",
      "b-2: job 14 had already ended: COMPLETED",
      "b-3: its job was never submitted",
    ]);
    expect(cluster.calls()).toEqual(["12 13"]);
    // cancel leaves the claims as they are: the next start finds the state unchanged.
    expect(readdirSync(claims(cluster, "e")).sort()).toEqual([tokenOf(0), "slurm-identity"]);
    expect(readdirSync(jobDirectory).sort()).toEqual(["out.1", "sbatch.1"]);
  });

  it("cancel shows scancel's own error, and ends with 1", async () => {
    const cluster = withSlurm();
    journal(cluster, [{ run: 0, id: "12" }]);
    cluster.put("jobs/12", `RUNNING ${markOf(0)}`);
    cluster.put("denied", "");
    const { status, stdout, stderr } = await cluster.cancel("b-0");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: b-0: job 12 could not be cancelled: .*Access\/permission denied\n$/);
    expect(stdout).toBe("0 jobs cancelled, 1 could not be cancelled\n");
    expect(cluster.calls()).toEqual(["12"]);
  });

  it("cancel waits while Slurm does not answer, and Ctrl-C ends it", async () => {
    const cluster = withSlurm();
    journal(cluster, [{ run: 0, id: "12" }]);
    cluster.put("away", "");
    const { directory, env } = cluster;
    const asking = start(["cancel", "b-0"], { directory, env });
    await asking.until("Unable to contact slurm controller");
    asking.child.kill("SIGINT");
    expect(await asking.ended).toMatchObject({ status: null, signal: "SIGINT", stdout: "" });
    expect(cluster.calls()).toEqual([]);
  });

  it("cancel finds a run's state directory by itself, or says why it cannot", async () => {
    const cluster = withSlurm();
    expect((await cluster.cancel("b-0")).stderr).toContain("no ensemble was started here");
    journal(cluster, [{ run: 0, id: "12", ended: true }], { name: "one" });
    journal(cluster, [{ run: 0 }, { run: 1, id: "13" }], { name: "two" });
    journal(cluster, [{ run: 5 }], { name: "three", backend: "dummy" });
    cluster.put("jobs/13", `RUNNING ${markOf(1)}`);
    const refused = async (words: readonly string[], message: RegExp) => {
      const { status, stdout, stderr } = await cluster.cancel(...words);
      expect({ status, stdout }, words.join(" ")).toEqual({ status: 2, stdout: "" });
      expect(stderr).toMatch(message);
    };
    await refused(["b-9"], /^error: no run b-9 was started, as .*one and .*three and .*two tells/);
    await refused(["b-0"], /^error: there is a run b-0 in .*one and .*two: name one with --state-dir/);
    await refused(["b-5"], /was started on dummy: .* ended by pressing Ctrl-C twice/);
    await refused(
      ["--all", "--state-dir", ".ensemble/three"],
      /was started on dummy: .* ended by pressing Ctrl-C twice/,
    );
    await refused(["b-0", "--state-dir", "no/where"], /no readable journal in .*no\/where/);
    await refused([], /give the ids of the runs whose jobs you want to cancel, or --all/);
    await refused(["b-1", "--all"], /not both/);
    const none = await cluster.cancel("b-0", "--state-dir", ".ensemble/one");
    expect(none).toMatchObject({ status: 0, stderr: "" });
    expect(none.stdout).toBe("b-0: no job to cancel\nThere is nothing to cancel.\n");
    expect((await cluster.cancel("--all", "--state-dir", ".ensemble/one")).stdout).toBe(
      "There is nothing to cancel.\n",
    );
    expect((await cluster.cancel("b-1")).stdout).toContain("b-1: job 13 cancelled\n");
  });

  it.each(["while it runs", "after Ctrl-C, twice", "after a crash"])(
    "cancel --all cancels the jobs of an ensemble %s",
    async (when) => {
      const more = "      pre_run:\n        - name: submit\n          args: { script: job.sh }\n";
      const cluster = withSlurm(ensembleOf(2, "sleep 1000", { more }));
      const { directory, env } = cluster;
      const words = ["ensemble.yaml", "-ms", "0", "-st", "1", "-rt", "1"];
      const running = start(words, { directory, env });
      await running.until(/b-0: job/);
      await eventually(() => readdirSync(join(directory, "slurm/jobs")).length === 4, "there are not four jobs");
      await running.until(/b-1: job/);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      if (when === "after a crash") running.child.kill("SIGKILL");
      if (when === "after Ctrl-C, twice") {
        running.child.kill("SIGINT");
        await running.until(/Ctrl-C/);
        running.child.kill("SIGINT");
      }
      if (when !== "while it runs") await running.ended;
      const { status, stdout, stderr } = await cluster.cancel("--all");
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(/^b-[01] pre_run\[0\]: job 10\d cancelled$/m);
      expect(stdout).toMatch(/^b-1: job 10\d cancelled$/m);
      expect(stdout).toContain("4 jobs cancelled\n");
      expect(stdout.includes("continues with other runs")).toBe(when === "while it runs");
      expect(cluster.calls().join(" ").trim().split(/\s+/).sort()).toEqual(["100", "101", "102", "103"]);
      if (when === "while it runs") {
        const ended = await running.ended;
        expect(ended.status).toBe(1);
        expect(ended.stdout + ended.stderr).toMatch(/b-0 failed in .*: the job was cancelled/);
      }
    },
  );
});
