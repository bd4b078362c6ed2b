import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { checkBackend } from "../../lib/backends/check.js";
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
  withEnvironment("PATH", `${directory}:${process.env.PATH ?? ""}`);
  const findings = await checkBackend("slurm");
  const of = (name: string) => findings.find(({ what }) => what === name);
  expect(of("rsync")).toMatchObject({ ok: false, detail: expect.stringMatching(/^it fails: broken; /) as string });
  expect(of("sbatch")).toMatchObject({ ok: true, detail: "slurm 22.05.8" });
  expect(of("squeue")).toMatchObject({ ok: false, detail: expect.stringMatching(/^no answer in 5 s; /) as string });
  expect(findings.at(-1)).toMatchObject({ what: "jobs to Slurm", ok: false });
});

it("says that there is no room for temporary files", async () => {
  withEnvironment("TMPDIR", "/no/such/directory");
  expect(await found("dummy", "a job on this machine")).toMatchObject({
    ok: false,
    detail: expect.stringContaining("/no/such/directory takes no files") as string,
  });
});
