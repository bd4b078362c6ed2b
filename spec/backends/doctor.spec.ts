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

const found = async (backend: "dummy" | "slurm", what: string) =>
  (await checkBackend(backend)).find((finding) => finding.what === what);

it("finds what the dummy backend and the tasks need, and leaves nothing behind", async () => {
  const directory = directoryWith({});
  withEnvironment("TMPDIR", directory);
  const findings = await checkBackend("dummy");
  expect(findings.map(({ what, ok }) => [what, ok])).toEqual([
    ["Node.js", true],
    ["/bin/bash", true],
    ["a job on this machine", true],
    ["rsync", true],
    ["quota", true],
  ]);
  expect(findings.find(({ what }) => what === "rsync")?.detail).toMatch(/^rsync +version \d/);
  expect(readdirSync(directory)).toEqual([]);
});

it("says what is missing, and whether one can do without", async () => {
  withEnvironment("PATH", "/nowhere");
  expect(await found("dummy", "rsync")).toEqual({
    what: "rsync",
    ok: false,
    optional: true,
    detail: "not there; `move` tasks need it; install the package rsync",
  });
  expect(await found("slurm", "sbatch")).toEqual({
    what: "sbatch",
    ok: false,
    detail: "not there; load your site's module, or log in where Slurm is",
  });
});

it("tells a program that is there from one that works", async () => {
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
  const findings = await checkBackend("slurm");
  const of = (name: string) => findings.find(({ what }) => what === name);
  expect(of("rsync")).toMatchObject({ ok: false, detail: expect.stringMatching(/^it fails: broken; /) as string });
  expect(of("sbatch")).toMatchObject({ ok: true, detail: "slurm 22.05.8" });
  expect(of("squeue")).toMatchObject({ ok: false, detail: expect.stringMatching(/^no answer in 5 s; /) as string });
  // Nothing more is asked of a Slurm that is not whole.
  expect(findings.at(-1)?.what).toBe("sacct");
});

it("says that there is no room for temporary files", async () => {
  withEnvironment("TMPDIR", "/no/such/directory");
  expect(await found("dummy", "a job on this machine")).toMatchObject({
    ok: false,
    detail: expect.stringContaining("no file can be made in /no/such/directory") as string,
  });
});

describe("slurm", () => {
  /** A cluster that does what the check looks at: its one job is done at once, by sbatch itself. */
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

  /** What is found in a new directory, with some programs as they are not above. `undefined`: it is not there. */
  const foundWith = async (others: Readonly<Record<string, string | undefined>> = {}) => {
    const [cluster, directory] = [directoryWith({}), directoryWith({})];
    for (const [name, text] of Object.entries({ ...PROGRAMS, ...others })) {
      if (text === undefined) continue;
      writeFileSync(join(cluster, name), `#!/bin/bash\n${text}\n`);
      chmodSync(join(cluster, name), 0o755);
    }
    // Of the programs of a Slurm that this machine may have, none is to be found.
    const bin = join(cluster, "bin");
    mkdirSync(bin);
    for (const name of BASE) symlinkSync(join("/usr/bin", name), join(bin, name));
    withEnvironment("PATH", `${cluster}:${bin}`);
    withEnvironment("CLUSTER", cluster);
    const findings = await checkBackend("slurm", { directory, patience_s: 5 });
    expect(readdirSync(directory)).toEqual([]);
    return { cluster, findings: findings.slice(5), of: (name: string) => findings.find(({ what }) => what === name) };
  };

  const BASE = ["bash", "sh", "cat", "id", "ln", "readlink", "mv", "sleep"];

  it("says what is there, and has a job go through", async () => {
    const { findings } = await foundWith();
    expect(findings.map(({ what, ok, detail }) => `${ok ? "ok" : "no"} ${what}: ${detail}`)).toEqual([
      ...["sbatch", "squeue", "scontrol", "scancel", "sacct"].map((name) => `ok ${name}: slurm 23.02.1`),
      "ok the controller: it answers for the cluster blue, Slurm 23.02.1",
      "ok partitions: short* up to 5:00 on 4 nodes, long without a limit on 1 node",
      "ok accounting: accounts are kept, and sacct answers",
      "ok limits: 10000 jobs of all users (MaxJobCount), array indexes below 1001 (MaxArraySize), the queue shows an ended job for 300 s (MinJobAge), programs wait for the controller for 10 s (MessageTimeout)",
      "ok your limits: account physics: 200 in the queue, account teaching: 5 running",
      "ok a job to Slurm: job 12 succeeded, and the nodes see this directory",
    ]);
  });

  it("says that the controller is away, in its words, and asks no further", async () => {
    const { of, findings } = await foundWith({
      scontrol: `case "$1" in --version) echo slurm 23.02.1; exit;; esac
echo 'scontrol: retrying' >&2; echo 'Unable to contact slurm controller (connect failure)' >&2; exit 1`,
    });
    expect(of("the controller")).toEqual({
      what: "the controller",
      ok: false,
      detail:
        "Unable to contact slurm controller (connect failure); without slurmctld no job can be submitted: wait for it, or ask your site",
    });
    expect(findings.at(-1)?.what).toBe("the controller");
  });

  it("does without sacct", async () => {
    const { of } = await foundWith({ sacct: undefined });
    expect(of("sacct")).toMatchObject({ ok: false, optional: true });
    expect(of("accounting")).toMatchObject({
      ...{ ok: false, optional: true },
      detail: expect.stringContaining("sacct does not show them: it is not there") as string,
    });
    expect(of("a job to Slurm")?.ok).toBe(true);
  });

  it("does without accounts", async () => {
    withEnvironment("STORAGE", "(null)");
    const { of } = await foundWith({ sacct: undefined });
    expect(of("accounting")).toEqual({
      ...{ what: "accounting", ok: true },
      detail: "no accounts are kept: the program knows how jobs end from the queue and from the guard",
    });
    expect(of("your limits")).toBeUndefined();
    expect(of("a job to Slurm")?.ok).toBe(true);
  });

  it("says why a job is refused", async () => {
    const { of } = await foundWith({
      sbatch: `case "$1" in --version) echo slurm 23.02.1; exit;; esac
echo 'sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified' >&2; exit 1`,
    });
    expect(of("a job to Slurm")).toMatchObject({
      ok: false,
      detail: "the job could not be started: Invalid account or account/partition combination specified",
    });
  });

  it("says that the nodes do not see the directory", async () => {
    const { of } = await foundWith({ sbatch: PROGRAMS["sbatch"]?.replace('"$script" > job.out', ":") });
    expect(of("a job to Slurm")).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^job 12 succeeded, but has left nothing here: /) as string,
    });
  });

  it("cancels a job that waits for longer than a person does", async () => {
    withEnvironment("STATE", "PENDING");
    withEnvironment("REASON", "Priority");
    const { of, cluster } = await foundWith({ sbatch: PROGRAMS["sbatch"]?.replace('"$script" > job.out', ":") });
    expect(of("a job to Slurm")).toMatchObject({
      ok: true,
      detail: "job 12 was accepted, and waits for its turn after 5 s (Priority); it has been cancelled",
    });
    expect(readFileSync(join(cluster, "cancelled"), "utf8")).toBe("12\n");
  });

  it("says that no partition is up, and that a directory takes no files", async () => {
    const { of } = await foundWith({ sinfo: "echo 'short* down 5:00 4'" });
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
