/** Specs of integers beyond 2^53 in variables, on the built program. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { directoryWith, eventsIn, program } from "../support/program.js";

const SEED = "9223372036854775808";
const PART = "-18446744073709551617";

const project = (): string =>
  directoryWith({
    "template/job.sh.j2":
      '#!/bin/bash\necho "{{ run.seed }} {{ run.parts[1] }} {{ run.seed + 1 }} {{ run.parts|tojson }}" > jinja.txt\n',
    "template/liquid.sh.liquid": "{{ run.seed }} {{ run.parts[1] }} {{ run.parts | json }}",
    "e.yaml": `ensemble:
  vars: {top: ${SEED}}
  batches:
  - name: a
    basedir: runs
    templatedir: ../template
    templates: [job.sh.j2, liquid.sh.liquid]
    job_file: job.sh
    length: ${SEED}
    maxruns: 2
    maxjobs: 2
    runs: [{seed: ${SEED}, parts: [1, ${PART}]}]
    post_run: [{name: execute, args: {cmd: run.command}}]
`.replace("seed: ", 'command: "true", seed: '),
  });

const run = ["e.yaml", "dummy", "-ms", "0", "--json"];

it.each(["validate", "plan", "validate --json", "plan --json"])("%s takes an integer beyond 2^53", async (command) => {
  const { status, stdout, stderr } = await program([...command.split(" "), "e.yaml"], { directory: project() });
  expect(stderr).not.toMatch(/BigInt|error/);
  expect(status).toBe(0);
  if (command.startsWith("plan")) expect(stdout).toContain(SEED);
});

it("templates render an integer beyond 2^53 as it is written", async () => {
  const directory = project();
  const { status, stderr } = await program(run, { directory });
  expect(stderr).not.toContain("BigInt");
  expect(status).toBe(0);
  const text = (name: string) => readFileSync(join(directory, "runs/a-0", name), "utf8").trim();
  expect(text("jinja.txt")).toBe(`${SEED} ${PART} 9223372036854775809 [1, ${PART}]`);
  expect(text("liquid.sh")).toBe(`${SEED} ${PART} [1,${PART}]`);
});

it("the fingerprint tells integers beyond 2^53 apart by their last digit", async () => {
  const directory = project();
  const fingerprint = (stdout: string) => eventsIn(stdout).find(({ type }) => type === "run.started")?.fingerprint;
  const first = await program(run, { directory });
  expect(fingerprint(first.stdout)).toMatch(/^2-[0-9a-f]{16}\./);

  const again = await program(run, { directory });
  expect(again.status).toBe(0);
  expect(eventsIn(again.stdout).find(({ type }) => type === "ensemble.resumed")).toMatchObject({ changed: 0 });

  const file = join(directory, "e.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace(`seed: ${SEED}`, "seed: 9223372036854775809"));
  const changed = await program([...run, "--accept-changes"], { directory });
  expect(eventsIn(changed.stdout).find(({ type }) => type === "ensemble.resumed")).toMatchObject({ changed: 1 });
});
