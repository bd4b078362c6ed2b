/** `cancel`: the jobs of runs, by their ids, and by nobody else's; with stand-ins for Slurm's commands. */
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

/** What stands in for Slurm: `jobs/<id>` holds a job's state and its comment, `calls` what scancel was told. */
const SLURM = {
  squeue: `echo "$*" >>asked
case " $* " in *" -M "*) [ -e far-away ] && { echo "squeue: error: Problem talking to the database" >&2; exit 1; };; esac
[ -e away ] && { echo "squeue: error: Unable to contact slurm controller" >&2; exit 1; }
for file in jobs/*; do
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
id=$((100 + $(ls jobs | wc -l)))
echo "RUNNING $comment" >jobs/$id
rmdir lock
echo $id`,
};

/** A directory with a cluster of its own. */
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

interface Begun {
  readonly run: number;
  readonly id?: string;
  readonly ended?: true;
  readonly lost?: true;
}

const LOST = { reason: "job", cause: "lost" } as const;

const tokenOf = (run: number) => `1-job-b-${run}`;
const markOf = (run: number) => `me:${IDENTITY}.${tokenOf(run)}`;
const claims = ({ directory }: Cluster, name: string) => join(directory, ".ensemble", name, "claims");

/** A journal as one start leaves it that was killed. */
const journal = (cluster: Cluster, runs: readonly Begun[], { name = "e", backend = "slurm" } = {}) => {
  const boot = bootId();
  const batch = { batch: "b", runs: runs.length, maxruns: 1000, maxjobs: 1000, after: [] };
  const facts: Fact[] = [
    {
      ...{ type: "stream.opened", schema: "model-ensembler.events/2.0", version: "0", host: "h", boot, pid: 1 },
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
  it("tells of jobs that it loses sight of", async () => {
    const cluster = withSlurm();
    journal(cluster, [
      { run: 0, id: "12" },
      { run: 1, id: "13", ended: true },
    ]);
    writeFileSync(join(cluster.directory, "e.yaml"), "ensemble: {batches: []}\n");
    const words = ["--fresh", "--yes", "e.yaml"];
    const { status, stderr } = await program(words, { directory: cluster.directory, env: cluster.env });
    expect(status).toBe(0);
    expect(stderr).toMatch(/^warning: 1 job of it may be in the queue still: `model_ensemble cancel --all/);
  });
});

describe("cancel", () => {
  it("cancels the jobs of the runs that are named, by id alone, and waits until they have ended", async () => {
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
    expect(stdout).toBe("b-2: job 14 had ended: COMPLETED\nb-0: job 12 cancelled\n1 job cancelled, 1 had ended\n");
    // What the environment would have scancel do is not what it was asked.
    expect(cluster.calls()).toEqual(["12"]);
    expect(cluster.state("12")).toBe("CANCELLED");
    expect(cluster.state("13")).toBe("RUNNING");
    expect(readdirSync(claims(cluster, "e"))).toEqual(["slurm-identity"]);
  });

  it("cancels all in commands of a hundred, and those on another cluster there", async () => {
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

  it("cancels one whose comment the site has changed, if accounts know it by its command line", async () => {
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

  it("cancels one that was given up as lost, and is in the queue all the same", async () => {
    const cluster = withSlurm();
    journal(cluster, [{ run: 0, id: "12", lost: true }]);
    cluster.put("jobs/12", `RUNNING ${markOf(0)}`);
    const { status, stdout } = await cluster.cancel("--all");
    expect([status, stdout]).toEqual([0, "b-0: job 12 cancelled\n1 job cancelled\n"]);
  });

  it("finds a job of which only its guard tells, in the cluster that is this one", async () => {
    const cluster = withSlurm();
    journal(cluster, [{ run: 0 }]);
    cluster.put("jobs/12", "RUNNING project=x");
    const place = join(claims(cluster, "e"), markOf(0).replace("me:", ""));
    mkdirSync(place);
    symlinkSync("12 blue 0 n1 7", join(place, "claim"));
    writeFileSync(join(place, "sbatch.1"), "1 boot stat\n");
    const { status, stdout } = await cluster.cancel("b-0");
    expect([status, stdout]).toEqual([0, "b-0: job 12 cancelled\n1 job cancelled\n"]);
    expect(cluster.calls()).toEqual(["12"]);
  });

  it("says whose it is to cancel a job that accounts call running, and the queue of this user does not have", async () => {
    const cluster = withSlurm();
    journal(cluster, [{ run: 0, id: "12" }]);
    const account = ["12", "12", "RUNNING", "0:0", "2026-11-24T12:00:00", "", `sbatch --comment=${markOf(0)} job.sh`];
    writeFileSync(join(cluster.directory, "slurm/accounts"), `${account.join("\x1f")}\n`);
    const { status, stderr } = await cluster.cancel("b-0");
    expect(status).toBe(1);
    expect(stderr).toContain("whose job it is may cancel it");
    expect(cluster.calls()).toEqual([]);
  });

  it("concludes nothing of a job in another cluster that does not answer, and sees to the others meanwhile", async () => {
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
    // Looks enough for whoever would take silence for an end.
    const looks = () => readFileSync(join(cluster.directory, "slurm/asked"), "utf8").split("\n").length;
    const now = looks();
    await eventually(() => looks() > now + 1, "nobody looks any more");
    rmSync(join(cluster.directory, "slurm/far-away"));
    expect((await cancelling.ended).status).toBe(0);
    expect(cancelling.stdout).toBe("b-0: job 12 cancelled\nb-1: job 13;far cancelled\n2 jobs cancelled\n");
  });

  it("never cancels another job that has the id by now, nor one of which nobody tells", async () => {
    const cluster = withSlurm();
    journal(cluster, [
      { run: 0, id: "12" },
      { run: 1, id: "13" },
      { run: 2, id: "14" },
      { run: 3, id: "15" },
    ]);
    cluster.put("jobs/12", `RUNNING me:${IDENTITY}.${tokenOf(7)}`);
    cluster.put("jobs/13", "RUNNING somebody's");
    cluster.put(
      "accounts",
      ["15", "15", "TIMEOUT", "0:0", "2026-11-24T12:00:00", "", `sbatch --comment=${markOf(3)} x`].join("\x1f"),
    );
    const { status, stdout } = await cluster.cancel("--all");
    expect(status).toBe(0);
    expect(stdout.split("\n").sort()).toEqual([
      "",
      "0 jobs cancelled, 4 had ended",
      "b-0: job 12 has ended before; what is called 12 now is another job",
      "b-1: job 13 has ended before; what is called 13 now is another job",
      "b-2: job 14 has ended before",
      "b-3: job 15 had ended: TIMEOUT",
    ]);
    expect(cluster.calls()).toEqual([]);
  });

  it("finds an id out that is not known, by what sbatch has said, the queue, and accounts", async () => {
    const cluster = withSlurm();
    journal(cluster, [{ run: 0 }, { run: 1 }, { run: 2 }, { run: 3 }]);
    const own = join(claims(cluster, "e"), tokenOf(0));
    mkdirSync(own);
    writeFileSync(join(own, "sbatch.1"), `1 ${bootId()} -\nended 0\n`);
    writeFileSync(join(own, "out.1"), "12\n");
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
      "2 jobs cancelled, 1 had ended, 1 not handed over",
      "b-0: job 12 cancelled",
      "b-1: job 13 cancelled",
      "b-2: job 14 had ended: COMPLETED",
      "b-3: its job was not handed over",
    ]);
    expect(cluster.calls()).toEqual(["12 13"]);
    // Nothing is fenced off: whoever goes on with the ensemble finds all as it was.
    expect(readdirSync(claims(cluster, "e")).sort()).toEqual([tokenOf(0), "slurm-identity"]);
    expect(readdirSync(own).sort()).toEqual(["out.1", "sbatch.1"]);
  });

  it("shows what scancel says against it, and ends with 1", async () => {
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

  it("concludes nothing while Slurm is away, and is ended by Ctrl-C", async () => {
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

  it("finds a run in the one state directory that knows it, and says where that is not so", async () => {
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
    await refused(["b-9"], /^error: no run b-9 was begun, as .*one and .*three and .*two tells/);
    await refused(["b-0"], /^error: there is a run b-0 in .*one and .*two: name one with --state-dir/);
    await refused(["b-5"], /backend dummy: .* ended by Ctrl-C, twice/);
    await refused(["--all", "--state-dir", ".ensemble/three"], /backend dummy: .* ended by Ctrl-C, twice/);
    await refused(["b-0", "--state-dir", "no/where"], /there is no journal in .*no\/where/);
    await refused([], /name the runs whose jobs to cancel, or say --all/);
    await refused(["b-1", "--all"], /not both/);
    const none = await cluster.cancel("b-0", "--state-dir", ".ensemble/one");
    expect(none).toMatchObject({ status: 0, stderr: "" });
    expect(none.stdout).toBe("b-0: has no job that could be cancelled\nThere is nothing to cancel.\n");
    expect((await cluster.cancel("--all", "--state-dir", ".ensemble/one")).stdout).toBe(
      "There is nothing to cancel.\n",
    );
    expect((await cluster.cancel("b-1")).stdout).toContain("b-1: job 13 cancelled\n");
  });

  it.each(["while it runs", "after it was let go of", "after a crash"])(
    "cancels jobs of an ensemble %s",
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
      if (when === "after it was let go of") {
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
      expect(stdout.includes("goes on with other runs")).toBe(when === "while it runs");
      expect(cluster.calls().join(" ").trim().split(/\s+/).sort()).toEqual(["100", "101", "102", "103"]);
      if (when === "while it runs") {
        const ended = await running.ended;
        expect(ended.status).toBe(1);
        expect(ended.stdout + ended.stderr).toMatch(/b-0 failed in .*: the job was cancelled/);
      }
    },
  );
});
