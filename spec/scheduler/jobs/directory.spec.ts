/** Where things of a job are kept, and that no two hand-overs share a place. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { SLURM } from "../../../lib/backends/slurm/dialect.js";
import { openJobDirectories } from "../../../lib/scheduler/jobs/directory.js";
import { knownIdentity } from "../../../lib/scheduler/jobs/identity.js";
import { type Claims, openClaims } from "../../../lib/system/processes/claims.js";
import { directoryWith } from "../../support/program.js";

const claimsIn = (directory: string): Claims => openClaims(join(directory, "claims"));
const markOf = (claims: Claims): string => openJobDirectories(SLURM, claims, "/nowhere").mark("1.tst-0.1.1.job");

it("is the same for every start of an ensemble, and another where it was begun anew", () => {
  const directory = directoryWith({});
  const claims = claimsIn(directory);
  expect(knownIdentity({ claims, name: "slurm" })).toBeUndefined();
  const mark = markOf(claims);
  expect(knownIdentity({ claims, name: "slurm" })).toBeDefined();
  expect(markOf(claimsIn(directory))).toBe(mark);
  // `--fresh` puts all claims aside, and numbers its starts from 1 again.
  const anew = claimsIn(directoryWith({}));
  expect(markOf(anew)).not.toBe(mark);
  const places = [claims, anew].map((of) => openJobDirectories(SLURM, of, "/nowhere").directory("1.tst-0.1.1.job"));
  expect(places.map((place) => place.split("/").at(-1))).toEqual([mark, markOf(anew)]);
});

it("is not known by half of what was to be written when the disk was full", () => {
  const claims = claimsIn(directoryWith({}));
  for (const half of ["", "abcde"]) {
    writeFileSync(claims.path("slurm-identity"), half);
    expect(knownIdentity({ claims, name: "slurm" })).toBeUndefined();
  }
  expect(markOf(claims)).toMatch(/^[a-z0-9]{11}\.1\.tst-0\.1\.1\.job$/);
  expect(readFileSync(claims.path("slurm-identity"), "utf8")).toHaveLength(11);
});

it("is apart from whatever a job file is called", () => {
  const directory = directoryWith({ "run/claim": "#!/bin/sh\n" });
  const places = openJobDirectories(SLURM, claimsIn(directory), "/nowhere");
  const request = { name: "tst-0", script: "claim", directory: join(directory, "run"), watched: true };
  const { script } = places.prepare({ ...request, token: "t", guard: true });
  expect(script).toBe(join(places.directory("t"), "script/claim"));
});
