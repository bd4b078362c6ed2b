/** The built program goes on after a failed `execute`, as the Python tool does, where the user asks for it. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { directoryWith, ensembleOf, program } from "../support/program.js";

const words = ["ensemble.yaml", "dummy", "-ms", "0"];

/** A loop of three cycles whose `pre_batch` fails from the second cycle on. */
const loop = (top = "") => {
  const directory = ensembleOf(2, "echo >> cycles", {
    more: [
      "repeat: true",
      "pre_batch: [{name: execute, args: {cmd: mkdir output}}]",
      "post_batch: [{name: check, args: {cmd: 'test $(wc -l < b-0/cycles) -lt 3', fail: true}}]",
    ]
      .map((line) => `      ${line}\n`)
      .join(""),
  });
  const text = readFileSync(join(directory, "ensemble.yaml"), "utf8");
  return directoryWith({
    "ensemble.yaml": text.replace("ensemble:\n", `ensemble:\n${top}`),
    "template/job.sh.liquid": "#!/bin/bash\necho >> cycles\n",
  });
};

const cyclesOf = (directory: string) => readFileSync(join(directory, "work/b-1/cycles"), "utf8").length;

it("a batch with `after: {b: success}` starts once --retry-failed has made the runs of b succeed", async () => {
  const directory = ensembleOf(2, "test -e ../ready", {
    more: "      maxruns: 2\n",
  });
  const text = readFileSync(join(directory, "ensemble.yaml"), "utf8");
  const next = ["name: next", "after: {b: success}", "basedir: next", "templatedir: ../template", "templates: []"];
  writeFileSync(
    join(directory, "ensemble.yaml"),
    `${text}    - ${[...next, "maxruns: 1", "maxjobs: 1", "runs: [{}]"].join("\n      ")}\n`,
  );
  const first = await program(words, { directory });
  expect(first.status).toBe(1);
  expect(first.stderr).toContain("next does not start: b has not succeeded");
  expect(readdirSync(directory)).not.toContain("next");
  writeFileSync(join(directory, "work/ready"), "");
  expect((await program([...words, "--retry-failed"], { directory })).status).toBe(0);
  expect(readdirSync(join(directory, "next"))).toEqual(["next-0"]);
});

describe("a failed `execute`", () => {
  it("without `compat`, a failed pre_batch ends the loop with 1, and the summary names both ways to go on", async () => {
    const directory = loop();
    const { status, stderr } = await program(words, { directory });
    expect([status, cyclesOf(directory)]).toEqual([1, 1]);
    expect(stderr).toContain("`ignore_failure: true` in its `args`");
    expect(stderr).toContain("`--compat python`");
  });

  it.each([
    ["--compat python", "", ["--compat", "python"]],
    ["`compat: python` in the file", "  compat: python\n", []],
  ])("with %s the loop goes on to its end with 0, and each failure is told and counted", async (_, top, options) => {
    const directory = loop(top);
    const { status, stdout, stderr } = await program([...options, ...words, "--json"], { directory });
    expect([status, cyclesOf(directory)]).toEqual([0, 3]);
    expect(stderr).toContain("ignored      2 failed `execute` tasks");
    expect(readFileSync(join(directory, "logs/ensemble.yaml.log"), "utf8")).toMatch(
      /warning.*pre_batch\[0\] execute failed, and what follows goes on: `mkdir output` ended with exit status 1/i,
    );
    const ended = stdout.split("\n").filter((line) => line.includes('"ignored":true'));
    expect(ended.map((line) => (JSON.parse(line) as { task: string }).task)).toEqual(["pre_batch[0]", "pre_batch[0]"]);
    const again = await program([...options, ...words], { directory });
    expect(again.status).toBe(0);
    expect(again.stderr).toContain("ignored      2 failed `execute` tasks");
  });

  it("--compat none overrides `compat: python` of the file", async () => {
    const directory = loop("  compat: python\n");
    expect((await program([...words, "--compat", "none"], { directory })).status).toBe(1);
  });

  it("a run that failed is retried with --compat python, and the option is no change of the configuration", async () => {
    const directory = ensembleOf(2, "true", {
      more: "      post_run: [{name: execute, args: {cmd: 'false'}}, {name: execute, args: {cmd: touch after}}]\n",
    });
    expect((await program(words, { directory })).status).toBe(1);
    const { status, stderr } = await program([...words, "--retry-failed", "--compat", "python"], { directory });
    expect(status).toBe(0);
    expect(stderr).not.toContain("changed");
    expect(readdirSync(join(directory, "work/b-1"))).toContain("after");
  });

  it("validate names both ways for a strict file, and no difference of `execute` for one with `compat: python`", async () => {
    const strict = await program(["validate", "ensemble.yaml"], { directory: loop() });
    expect(strict.stderr).toContain("`--compat python`");
    expect(strict.stderr).toContain("`ignore_failure: true`");
    const lenient = await program(["validate", "ensemble.yaml"], { directory: loop("  compat: python\n") });
    expect(lenient).toMatchObject({ status: 0 });
    expect(lenient.stderr).not.toContain("ignores a failed");
  });
});
