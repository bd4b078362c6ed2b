/** What `model_ensemble_check` finds, with programs that are missing, broken, or stand-ins for Slurm's. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkBackend } from "../../lib/backends/doctor.js";
import { directoryWith } from "../support/program.js";

const withEnvironment = (name: string, value: string) => {
  const before = process.env[name] ?? "";
  process.env[name] = value;
  onTestFinished(() => void (process.env[name] = before));
};

const resultOf = async (backend: "dummy" | "slurm", what: string) =>
  (await checkBackend(backend)).find((result) => result.what === what);

it("the check finds what the dummy backend and the tasks need, and leaves nothing behind", async () => {
  const directory = directoryWith({});
  withEnvironment("TMPDIR", directory);
  const results = await checkBackend("dummy");
  expect(results.map(({ what, ok }) => [what, ok])).toEqual([
    ["Node.js", true],
    ["/bin/bash", true],
    ["a job on this machine", true],
    ["rsync", true],
    ["quota", true],
  ]);
  expect(results.find(({ what }) => what === "rsync")?.detail).toMatch(/^rsync +version \d/);
  expect(readdirSync(directory)).toEqual([]);
});

it("the check says what is missing, and whether the backend works without it", async () => {
  withEnvironment("PATH", "/nowhere");
  expect(await resultOf("dummy", "rsync")).toEqual({
    what: "rsync",
    ok: false,
    optional: true,
    detail: "not there; `move` tasks need it; install the package rsync",
  });
  expect(await resultOf("slurm", "sbatch")).toEqual({
    what: "sbatch",
    ok: false,
    detail: "not there; load your site's module, or log in where Slurm is",
  });
});

it("the check tells a program that works from one that fails or hangs", async () => {
  const directory = directoryWith({});
  for (const [name, script] of [
    ["rsync", "echo broken >&2; exit 1"],
    ["sbatch", "echo slurm 22.05.8"],
    ["squeue", "sleep 1000"],
  ] as const) {
    writeFileSync(join(directory, name), `#!/bin/bash\n${script}\n`);
    chmodSync(join(directory, name), 0o755);
  }
  withEnvironment("PATH", `${directory}:/usr/bin:/bin`);
  const results = await checkBackend("slurm");
  const of = (name: string) => results.find(({ what }) => what === name);
  expect(of("rsync")).toMatchObject({ ok: false, detail: expect.stringMatching(/^it fails: broken; /) as string });
  expect(of("sbatch")).toMatchObject({ ok: true, detail: "slurm 22.05.8" });
  expect(of("squeue")).toMatchObject({ ok: false, detail: expect.stringMatching(/^no answer in 5 s; /) as string });
  // The check asks nothing more of a Slurm without squeue.
  expect(results.at(-1)?.what).toBe("sacct");
});

it("the check uses /tmp where TMPDIR names no directory, as a start does", async () => {
  withEnvironment("TMPDIR", "/no/such/directory");
  expect(await resultOf("dummy", "a job on this machine")).toMatchObject({ ok: true });
});

describe("slurm", () => {
  /** A stand-in cluster: sbatch itself runs its one job at once. */
  const PROGRAMS: Readonly<Record<string, string>> = {
    sbatch: `case "$1" in --version) echo slurm 23.02.1; exit;; esac
for word; do script=$word; case $word in --chdir=*) cd "\${word#*=}";; --comment=*) comment=\${word#*=};; esac; done
SLURM_JOB_ID=12 "$script" > job.out
printf '%s' "$comment" > "$CLUSTER/comment"
echo 12`,
    squeue: `case "$1" in --version) echo slurm 23.02.1; exit;; esac
[ -e "$CLUSTER/comment" ] || exit 0
printf '12\\x1f12\\x1f%s\\x1f2024-01-01T00:00:00\\x1f%s\\x1fcheck\\x1f%s\\n' "\${STATE:-COMPLETED}" "\${REASON:-None}" "$(cat "$CLUSTER/comment")"`,
    scontrol: `case "$1" in --version) echo slurm 23.02.1; exit;; esac
cat <<END
Configuration data as of 2024-01-01T00:00:00
AccountingStorageType   = \${STORAGE:-accounting_storage/slurmdbd}
ClusterName             = blue
MaxArraySize            = 1001
MaxJobCount             = 10000
MessageTimeout          = 10 sec
MinJobAge               = 300 sec
SLURM_VERSION           = 23.02.1
END`,
    scancel: 'case "$1" in --version) echo slurm 23.02.1;; *) echo "$@" >> "$CLUSTER/cancelled";; esac',
    sacct: "echo slurm 23.02.1",
    sinfo: "echo 'short* up 5:00 4'; echo 'long up infinite 1'; echo 'old down 1:00 9'",
    sacctmgr: "echo 'physics||200'; echo 'teaching|5|'",
  };

  /** The results of the check in a new directory, with other programs than above. `undefined`: there is no such program. */
  const checkWith = async (others: Readonly<Record<string, string | undefined>> = {}) => {
    const [cluster, directory] = [directoryWith({}), directoryWith({})];
    for (const [name, text] of Object.entries({ ...PROGRAMS, ...others })) {
      if (text === undefined) continue;
      writeFileSync(join(cluster, name), `#!/bin/bash\n${text}\n`);
      chmodSync(join(cluster, name), 0o755);
    }
    // The PATH must not lead to a Slurm of this machine.
    const bin = join(cluster, "bin");
    mkdirSync(bin);
    for (const name of BASE) symlinkSync(join("/usr/bin", name), join(bin, name));
    withEnvironment("PATH", `${cluster}:${bin}`);
    withEnvironment("CLUSTER", cluster);
    const results = await checkBackend("slurm", { directory, patience_s: 5 });
    expect(readdirSync(directory)).toEqual([]);
    return { cluster, results: results.slice(5), of: (name: string) => results.find(({ what }) => what === name) };
  };

  const BASE = ["bash", "sh", "cat", "id", "ln", "readlink", "mv", "sleep"];

  it("the check reports on a whole Slurm, and a trial job goes all the way through", async () => {
    const { results } = await checkWith();
    expect(results.map(({ what, ok, detail }) => `${ok ? "ok" : "no"} ${what}: ${detail}`)).toEqual([
      ...["sbatch", "squeue", "scontrol", "scancel", "sacct"].map((name) => `ok ${name}: slurm 23.02.1`),
      "ok the controller: it answers for the cluster blue, Slurm 23.02.1",
      "ok partitions: short* up to 5:00 on 4 nodes, long without a limit on 1 node",
      "ok accounting: the site keeps accounts, and sacct answers",
      "ok limits: 10000 jobs of all users (MaxJobCount), array indexes below 1001 (MaxArraySize), the queue shows an ended job for 300 s (MinJobAge), programs wait for the controller for 10 s (MessageTimeout)",
      "ok your limits: account physics: 200 in the queue, account teaching: 5 running",
      "ok a job to Slurm: job 12 succeeded, and the nodes see this directory",
    ]);
  });

  it("the check reports in Slurm's words that the controller is away, and asks no further", async () => {
    const { of, results } = await checkWith({
      scontrol: `case "$1" in --version) echo slurm 23.02.1; exit;; esac
echo 'scontrol: retrying' >&2; echo 'Unable to contact slurm controller (connect failure)' >&2; exit 1`,
    });
    expect(of("the controller")).toEqual({
      what: "the controller",
      ok: false,
      detail:
        "Unable to contact slurm controller (connect failure); without slurmctld no job can be submitted: wait for it, or ask your site",
    });
    expect(results.at(-1)?.what).toBe("the controller");
  });

  it("the trial job succeeds without sacct", async () => {
    const { of } = await checkWith({ sacct: undefined });
    expect(of("sacct")).toMatchObject({ ok: false, optional: true });
    expect(of("accounting")).toMatchObject({
      ...{ ok: false, optional: true },
      detail: expect.stringContaining("sacct does not show them: it is not there") as string,
    });
    expect(of("a job to Slurm")?.ok).toBe(true);
  });

  it("the trial job succeeds where the site keeps no accounts", async () => {
    withEnvironment("STORAGE", "(null)");
    const { of } = await checkWith({ sacct: undefined });
    expect(of("accounting")).toEqual({
      ...{ what: "accounting", ok: true },
      detail: "the site keeps no accounts: the program knows how jobs end from the queue and from the guard",
    });
    expect(of("your limits")).toBeUndefined();
    expect(of("a job to Slurm")?.ok).toBe(true);
  });

  it("the check says why Slurm refuses the trial job", async () => {
    const { of } = await checkWith({
      sbatch: `case "$1" in --version) echo slurm 23.02.1; exit;; esac
echo 'sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified' >&2; exit 1`,
    });
    expect(of("a job to Slurm")).toMatchObject({
      ok: false,
      detail: "the job could not be started: Invalid account or account/partition combination specified",
    });
  });

  it("the check says that the nodes do not see the directory", async () => {
    const { of } = await checkWith({ sbatch: PROGRAMS["sbatch"]?.replace('"$script" > job.out', ":") });
    expect(of("a job to Slurm")).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^job 12 succeeded, but has left nothing here: /) as string,
    });
  });

  it("the check cancels a trial job that still waits when its patience ends", async () => {
    withEnvironment("STATE", "PENDING");
    withEnvironment("REASON", "Priority");
    const { of, cluster } = await checkWith({ sbatch: PROGRAMS["sbatch"]?.replace('"$script" > job.out', ":") });
    expect(of("a job to Slurm")).toMatchObject({
      ok: true,
      detail: "job 12 was accepted, and waits for its turn after 5 s (Priority); it has been cancelled",
    });
    expect(readFileSync(join(cluster, "cancelled"), "utf8")).toBe("12\n");
  });

  it("the check says that no partition is up, and where no file can be made", async () => {
    const { of } = await checkWith({ sinfo: "echo 'short* down 5:00 4'" });
    expect(of("partitions")).toMatchObject({
      ok: false,
      detail: "short* is down, and none is up: jobs would wait; ask your site",
    });
    const [last] = (await checkBackend("slurm", { directory: "/no/such/directory" })).slice(-1);
    expect(last).toMatchObject({
      ok: false,
      detail: expect.stringContaining("no file can be made in /no/such/directory") as string,
    });
  });
});
