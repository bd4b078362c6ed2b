/** What sbatch reads in a job script. */
import { expect, it } from "vitest";
import { clustersOf, commentOf } from "../../../lib/backends/slurm/directives.js";

it("the user's own comment is read from the directives, with or without quotes", () => {
  expect(commentOf('#!/bin/sh\n#SBATCH -n 1 --comment="of mine" -t 1\n')).toBe("of mine");
  expect(commentOf("#!/bin/sh\n#SBATCH --comment=x\n")).toBe("x");
  expect(commentOf("#!/bin/sh\n")).toBeUndefined();
});

it("the clusters that a script names are read from --clusters and -M, and not from a comment", () => {
  expect(clustersOf("#!/bin/sh\n#SBATCH -n 1 -M a,b\n")).toEqual(["a", "b"]);
  expect(clustersOf("#!/bin/sh\n#SBATCH --clusters=c\n")).toEqual(["c"]);
  expect(clustersOf("#!/bin/sh\n#SBATCH --comment='-M d'\n")).toEqual([]);
});
