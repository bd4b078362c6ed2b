/** The directories of jobs: no two submissions share one. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { SLURM } from "../../../lib/backends/slurm/dialect.js";
import { openJobDirectories } from "../../../lib/scheduler/jobs/directory.js";
import { knownIdentity } from "../../../lib/scheduler/jobs/identity.js";
import { type Claims, openClaims } from "../../../lib/system/processes/claims.js";
import { directoryWith } from "../../support/program.js";

const claimsIn = (directory: string): Claims => openClaims(join(directory, "claims"));
const markOf = (claims: Claims): string => openJobDirectories(SLURM, claims, "/nowhere").mark("1.tst-0.1.1.job");

it("a job's directory is the same for every start of an ensemble, and another after the ensemble starts over", () => {
  const directory = directoryWith({});
  const claims = claimsIn(directory);
  expect(knownIdentity({ claims, name: "slurm" })).toBeUndefined();
  const mark = markOf(claims);
  expect(knownIdentity({ claims, name: "slurm" })).toBeDefined();
  expect(markOf(claimsIn(directory))).toBe(mark);
  // `--fresh` moves all claims aside, and numbers its starts from 1 again.
  const fresh = claimsIn(directoryWith({}));
  expect(markOf(fresh)).not.toBe(mark);
  const paths = [claims, fresh].map((of) => openJobDirectories(SLURM, of, "/nowhere").directory("1.tst-0.1.1.job"));
  expect(paths.map((path) => path.split("/").at(-1))).toEqual([mark, markOf(fresh)]);
});

it("an identity that a full disk has cut short is not used", () => {
  const claims = claimsIn(directoryWith({}));
  for (const half of ["", "abcde"]) {
    writeFileSync(claims.path("slurm-identity"), half);
    expect(knownIdentity({ claims, name: "slurm" })).toBeUndefined();
  }
  expect(markOf(claims)).toMatch(/^[a-z0-9]{11}\.1\.tst-0\.1\.1\.job$/);
  expect(readFileSync(claims.path("slurm-identity"), "utf8")).toHaveLength(11);
});

it("a job script with the name of a trace does not collide with the traces", () => {
  const directory = directoryWith({ "run/claim": "#!/bin/sh\n" });
  const directories = openJobDirectories(SLURM, claimsIn(directory), "/nowhere");
  const request = { name: "tst-0", script: "claim", directory: join(directory, "run"), watched: true };
  const { script } = directories.prepare({ ...request, token: "t", guard: true });
  expect(script).toBe(join(directories.directory("t"), "script/claim"));
});

it.each([
  ["#SBATCH --output=job.log", ["job.log.1", "job.sh"]],
  ["#SBATCH --output=job-%j.log", ["job-7.log", "job.log", "job.sh"]],
  ["#SBATCH --output=%x.log", ["job-7.log", "job.log", "job.sh"]],
])("a retry keeps the output of an earlier try if its script has one output file for all jobs: %s", (line, left) => {
  const earlier = line.includes("job.log") ? {} : { "job-7.log": "of job 7" };
  const directory = directoryWith({ "job.sh": `#!/bin/sh\n${line}\n`, "job.log": "the first\n", ...earlier });
  const directories = openJobDirectories(SLURM, claimsIn(directoryWith({})), "/nowhere");
  const request = { name: "tst-0", script: "job.sh", directory, watched: true, guard: true } as const;
  directories.prepare({ ...request, token: "first" });
  expect(readdirSync(directory)).toContain("job.log");
  directories.prepare({ ...request, token: "second", retry: true });
  expect(readdirSync(directory)).toEqual(left);
});
