import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { directoryWith, ensembleOf, program } from "../support/program.js";

const TASKS = `      pre_run: [{name: check, args: {cmd: test -e ../ready}}]
      post_run: [{name: move, args: {dest: run.archive}}, {name: remove}]
`;

describe("validate", () => {
  it("validate prints the size of a valid configuration", async () => {
    const directory = ensembleOf(12, "true");
    const ended = await program(["validate", "ensemble.yaml"], { directory });
    expect(ended).toMatchObject({ status: 0, stdout: "ensemble.yaml is valid: 1 batch, 12 runs\n", stderr: "" });
    expect(readdirSync(directory).sort()).toEqual(["ensemble.yaml", "template"]);
  });

  it("validate notes that the Python tool uses the last of several -x", async () => {
    const directory = ensembleOf(1, "true");
    const told = async (words: string) => {
      const ended = await program(["validate", ...words.split(" "), "ensemble.yaml", "dummy"], { directory });
      expect(ended.status).toBe(0);
      return ended.stderr;
    };
    expect(await told("-x a=1 -vx b=2 --extra-vars=c=3")).toContain("here those of all 3 count");
    expect(await told("-x a=1 b=2 -k 0")).toBe("");
  });

  it("validate and plan warn of run directories that exist, but not of those that an earlier start has made", async () => {
    const directory = ensembleOf(1, "true");
    mkdirSync(join(directory, "work/b-0"), { recursive: true });
    const foreign = await program(["validate", "ensemble.yaml"], { directory });
    expect(foreign.stderr).toContain("exist");
    rmSync(join(directory, "work"), { recursive: true });
    expect((await program(["ensemble.yaml", "dummy", "-ms", "0"], { directory })).status).toBe(0);
    for (const command of ["validate", "plan"]) {
      const { status, stderr } = await program([command, "ensemble.yaml"], { directory });
      expect({ status, stderr }, command).toEqual({ status: 0, stderr: "" });
    }
  });

  it("validate reports all mistakes, each with its place", async () => {
    const directory = directoryWith({
      "c.yaml": "ensemble:\n  batchs: []\n  pre_process:\n    - name: exceute\n",
    });
    const ended = await program(["validate", "c.yaml"], { directory });
    expect(ended).toMatchObject({ status: 2, stdout: "" });
    expect(ended.stderr).toMatch(/c\.yaml:2:3: error: .*"batches"/);
    expect(ended.stderr).toMatch(/c\.yaml:4:\d+: error: .*"execute"/);
  });

  it("validate --json prints the same mistakes as validate", async () => {
    const directory = directoryWith({ "c.yaml": "ensemble:\n  batchs: []\n" });
    const { status, stdout } = await program(["validate", "c.yaml", "--json"], { directory });
    expect(status).toBe(2);
    const { valid, diagnostics } = JSON.parse(stdout) as { valid: boolean; diagnostics: readonly object[] };
    expect(valid).toBe(false);
    const at = { severity: "error", file: "c.yaml", line: 2, column: 3 };
    expect(diagnostics).toContainEqual(expect.objectContaining(at));
    const good = await program(["validate", "ensemble.yaml", "--json"], { directory: ensembleOf(1, "true") });
    expect(JSON.parse(good.stdout)).toEqual({ valid: true, diagnostics: [] });
  });

  it("validate notes the differences from the Python tool, and run does not", async () => {
    const directory = ensembleOf(1, "true", { more: "      pre_run: [{name: execute, args: {cmd: echo}}]\n" });
    const people = await program(["validate", "ensemble.yaml"], { directory });
    expect(people.stderr).toMatch(
      /^ensemble\.yaml:\d+:\d+: note: the Python tool .*\(docs\/from-the-python-tool\.md#failures\)\n/,
    );
    const { stdout } = await program(["validate", "ensemble.yaml", "--json"], { directory });
    const note = { severity: "note", code: "python-failed-task", see: "docs/from-the-python-tool.md#failures" };
    expect(JSON.parse(stdout)).toMatchObject({ valid: true, diagnostics: [note] });
    const run = await program(["ensemble.yaml", "dummy", "-ms", "0", "--json"], { directory });
    expect(`${run.stdout}${run.stderr}`).not.toContain("Python");
  });
});

describe("plan", () => {
  it("plan prints in order what would happen, and touches nothing", async () => {
    const directory = ensembleOf(3, "true", { more: TASKS });
    const { status, stdout, stderr } = await program(
      ["plan", "ensemble.yaml", "dummy", "-k", "1", "-x", "archive=/a"],
      {
        directory,
      },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const signs = ["b: 2 runs (1 left out)", "pre_run[0]", "job.sh", "post_run[0]", "post_run[1]", "b-1", "b-2"];
    const places = signs.map((sign) => stdout.lastIndexOf(sign));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(stdout).not.toContain("b-0");
    expect(readdirSync(directory).sort()).toEqual(["ensemble.yaml", "template"]);
  });

  it("plan lists only the first and last of many runs, and plan --all lists all", async () => {
    const directory = ensembleOf(2_000, "true", { maxruns: 8 });
    const { stdout } = await program(["plan", "ensemble.yaml", "dummy"], { directory });
    expect(stdout.split("\n").length).toBeLessThan(24);
    for (const sign of ["b-0 ", "1,993 more runs", "b-1999"]) expect(stdout).toContain(sign);
    const all = await program(["plan", "ensemble.yaml", "dummy", "--all"], { directory });
    expect(all.stdout.match(/^ {4}b-\d+ +number=\d+$/gm)).toHaveLength(2_000);
  });

  it("plan --show prints the variables and files of one run", async () => {
    const directory = ensembleOf(3, "echo {{ run.number }} {{ run.id }}");
    const { status, stdout } = await program(["plan", "ensemble.yaml", "--show", "b-2"], { directory });
    expect(status).toBe(0);
    expect(stdout).toMatch(/run\.number +2$/m);
    expect(stdout).toContain("echo 2 b-2");
    const json = await program(["plan", "ensemble.yaml", "--show", "b-2", "--json"], { directory });
    expect(JSON.parse(json.stdout)).toMatchObject({
      batch: "b",
      run: "b-2",
      variables: { number: 2, idx: 2 },
      files: [{ file: "job.sh", text: "#!/bin/bash\necho 2 b-2\n" }],
    });
  });

  it("plan --show suggests a run with a similar name", async () => {
    const directory = ensembleOf(3, "true");
    const { status, stderr } = await program(["plan", "ensemble.yaml", "--show", "b_2"], { directory });
    expect(status).toBe(2);
    expect(stderr).toMatch(/no run "b_2".*did you mean "b-2"/);
  });

  it("plan --json prints the same plan as plan", async () => {
    const directory = ensembleOf(2, "true", { more: TASKS });
    const { stdout } = await program(["plan", "ensemble.yaml", "dummy", "--json", "-i", "1", "-x", "archive=/a"], {
      directory,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      valid: true,
      backend: "dummy",
      batches: [
        {
          name: "b",
          job_file: "job.sh",
          post_run: [{ name: "move", args: { dest: "run.archive" } }, { name: "remove" }],
          runs: [{ run: "b-0", left_out: "indexes", variables: { number: 0 } }, { run: "b-1" }],
        },
      ],
    });
  });

  it("plan --show says why it cannot show a run whose template does not exist yet", async () => {
    const more = "      pre_batch: [{name: execute, args: {cmd: make template}}]\n";
    const directory = ensembleOf(1, "true", { more });
    rmSync(join(directory, "template/job.sh.liquid"));
    const { status, stdout, stderr } = await program(["plan", "ensemble.yaml", "--show", "b-0"], { directory });
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("error: the templates of b-0 cannot be shown: ");
    expect(stderr).toContain("template/job.sh.liquid: there is no such template");
  });

  it("plan refuses an invalid configuration", async () => {
    const directory = directoryWith({ "c.yaml": "ensemble: {}\n" });
    const { status, stdout, stderr } = await program(["plan", "c.yaml", "--json"], { directory });
    expect(status).toBe(2);
    expect(stderr).toMatch(/c\.yaml:\d+:\d+: error/);
    expect(JSON.parse(stdout)).toMatchObject({ valid: false });
  });
});
