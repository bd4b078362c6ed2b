/** Specs of what is left of a failed try after a retry, with the built program. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ensembleOf, program } from "../support/program.js";

const ENSEMBLE = ["ensemble.yaml", "dummy", "-ms", "0"];

it("after retries, each failed try has its output and its logs, and move takes them all along", async () => {
  const directory = ensembleOf(1, 'echo "try $(wc -l < tries)"; test "$(wc -l < tries)" -gt 2', {
    more: `      pre_run:
        - {name: execute, args: {cmd: "echo x >> tries; wc -l < tries", log: true}}
      post_run:
        - {name: move, args: {dest: ../../kept}}
        - {name: remove}
`,
  });
  expect((await program(ENSEMBLE, { directory })).status).toBe(1);
  expect((await program([...ENSEMBLE, "--retry-failed"], { directory })).status).toBe(1);
  const run = join(directory, "work/b-0");
  const read = (name: string) => readFileSync(join(run, name), "utf8");
  expect([read("job.sh.out.1"), read("job.sh.out")]).toEqual(["try 1\n", "try 2\n"]);
  expect((await program([...ENSEMBLE, "--retry-failed"], { directory })).status).toBe(0);
  expect(existsSync(run)).toBe(false);
  const kept = readdirSync(join(directory, "kept/b-0"));
  expect(kept.filter((name) => name.startsWith("job.sh.out"))).toEqual(["job.sh.out", "job.sh.out.1", "job.sh.out.2"]);
  const logs = kept.filter((name) => name.startsWith("execute_command."));
  expect(logs.map((name) => readFileSync(join(directory, "kept/b-0", name), "utf8")).sort()).toEqual([
    "1\n",
    "2\n",
    "3\n",
  ]);
});

it("the later cycles of a repeating batch replace the output of jobs that succeeded", async () => {
  const directory = ensembleOf(1, "echo x >> cycles; wc -l < cycles", {
    more: `      repeat: true
      pre_batch:
        - {name: check, args: {cmd: 'test "$(cat b-0/cycles | wc -l)" -lt 3', fail: true}}
`,
  });
  await program([...ENSEMBLE, "-ct", "0"], { directory });
  const names = readdirSync(join(directory, "work/b-0")).filter((name) => name.startsWith("job.sh.out"));
  expect(names).toEqual(["job.sh.out"]);
  expect(readFileSync(join(directory, "work/b-0/job.sh.out"), "utf8")).toBe("3\n");
});
