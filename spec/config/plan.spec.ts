/** Specs of the plan: the batches, paths, variables and tasks that a configuration stands for. */
import { describe, expect, it } from "vitest";
import { type Batch, type ExecuteArguments, variablesOf } from "../../lib/plan/plan.js";
import type { Settings } from "../../lib/plan/settings.js";
import type { Float, Variables } from "../../lib/plan/values.js";
import { codes, found, read } from "./fixtures.js";

const COMMON = "templatedir: ../template\n    templates: [job.sh.j2]\n    maxruns: 8\n    maxjobs: 4\n";
const one = (rest: string, ensemble = ""): string =>
  `ensemble:\n${ensemble}  batches:\n  - name: one\n    basedir: ./runs\n    ${COMMON}${rest}`;

const planOf = (text: string, extra: Variables = {}, settings: Partial<Settings> = {}) => {
  const { plan, diagnostics } = read(text, extra, settings);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return plan!;
};
const batchOf = (text: string, extra: Variables = {}): Batch => planOf(text, extra).batches[0]!;

describe("a plan", () => {
  it("the plan ignores the key `$schema`, with which the Python tool 0.7.0 starts a configuration", () => {
    const text = one("    runs: []\n");
    expect(planOf(`$schema: "https://example.org/model-ensemble.json"\n${text}`)).toEqual(planOf(text));
    expect(codes(read(`$schema: [1]\n${text}`))).toEqual(["wrong-type"]);
  });

  it("the plan is named after its file, and fills in defaults for missing keys", () => {
    expect(planOf(one("    runs: []\n"))).toMatchObject({
      name: "ensemble",
      configuration: "ensemble.yaml",
      directory: "/start",
      vars: {},
      pre_process: [],
      post_process: [],
    });
    const batch = batchOf(one("    runs: []\n"));
    expect(batch).toMatchObject({
      repeat: false,
      after: [],
      post_run_on_failure: false,
      guard: true,
      undefined: "error",
      pre_run: [],
      runs: [],
    });
    expect(batch).not.toHaveProperty("job_file");
  });

  it("paths are absolute: basedir starts at the starting directory, templatedir at basedir", () => {
    const batch = batchOf(one("    allow_remove: [../scratch]\n    runs: [{}, {}]\n"));
    expect(batch).toMatchObject({ basedir: "/start/runs", templatedir: "/start/template", allow_remove: ["/scratch"] });
    expect(batch.runs[1]).toEqual({ id: "one-1", index: 1, directory: "/start/runs/one-1", own: {} });
  });

  it("`compat` makes every `execute` ignore its failure, except one that says otherwise", () => {
    const tasks = (key: string) =>
      `    ${key}: [{name: execute, args: {cmd: a}}, {name: execute, args: {cmd: b, ignore_failure: false}}, {name: move, args: {dest: d}}]\n`;
    const text = one(
      `${tasks("pre_run")}    runs: []\n`,
      "  compat: python\n  pre_process: [{name: execute, args: {cmd: c}}]\n",
    );
    const rules = (settings = {}) =>
      [planOf(text, {}, settings)].flatMap(({ pre_process, batches }) =>
        [...pre_process, ...batches[0]!.pre_run].map(({ args }) => (args as ExecuteArguments).ignore_failure),
      );
    expect(rules()).toEqual([true, true, false, undefined]);
    expect(rules({ compat: "none" })).toEqual([undefined, undefined, false, undefined]);
    expect(rules({ compat: "python" })).toEqual(rules());
    const one_task = one("    pre_run: [{name: execute, args: {cmd: a, ignore_failure: true}}]\n    runs: []\n");
    expect(batchOf(one_task).pre_run).toEqual([{ name: "execute", args: { cmd: "a", ignore_failure: true } }]);
  });

  it("a mapping under `after` names the batches that must have succeeded", () => {
    const two = (after: string) =>
      `${one("    runs: []\n")}  - name: two\n    basedir: ./two\n    ${COMMON}    runs: []\n    after: ${after}\n`;
    const orderOf = (after: string) => planOf(two(after)).batches.map((batch) => [batch.after, batch.needs]);
    expect(orderOf("{one: success}")).toEqual([
      [[], []],
      [["one"], ["one"]],
    ]);
    expect(orderOf("{one: end}")).toEqual([
      [[], []],
      [["one"], []],
    ]);
    expect(orderOf("[one]")).toEqual(orderOf("{one: end}"));
    expect(found(read(two("{one: sucess}")))).toEqual(["17:12 error wrong-type"]);
    expect(found(read(two("{ones: success}")))).toEqual(["17:13 error unknown-batch"]);
  });

  it("a task list without a value is read as empty", () => {
    expect(batchOf(one("    pre_run:\n    post_run: []\n    runs: []\n")).pre_run).toEqual([]);
  });

  it("a batch takes the keys that it lacks from batch_config", () => {
    const config =
      "  batch_config: {maxjobs: 9, cluster: long, pre_run: [{name: execute, args: {cmd: ls}}], undefined: empty}\n";
    const batch = batchOf(one("    cluster: short\n    runs: []\n", config));
    expect(batch).toMatchObject({
      maxjobs: 4,
      undefined: "empty",
      pre_run: [{ name: "execute", args: { cmd: "ls" } }],
    });
    expect(batch.shared["cluster"]).toBe("short");
  });

  it("guard is true unless the batch or batch_config says otherwise", () => {
    const guards = (own: string, common = "") =>
      batchOf(one(`${own}    runs: []\n`, common === "" ? "" : `  batch_config: {${common}}\n`)).guard;
    expect([guards(""), guards("    guard: false\n"), guards("", "guard: no")]).toEqual([true, false, false]);
    expect(guards("    guard: true\n", "guard: false")).toBe(true);
    expect(codes(read(one('    guard: "no"\n    runs: []\n')))).toEqual(["wrong-type"]);
    expect(codes(read(one("    gaurd: false\n    runs: []\n")))).toEqual(["unknown-key"]);
    // Templates do not see `guard`, a key that the Python tool does not have.
    expect(batchOf(one("    guard: false\n    runs: []\n")).shared).not.toHaveProperty("guard");
  });

  it("maxruns and maxjobs accept 10^9, and a whole number written as a float", () => {
    expect(
      batchOf(one("    runs: []\n").replace("maxruns: 8", "maxruns: 1000000000").replace("maxjobs: 4", "maxjobs: 4.0")),
    ).toMatchObject({
      maxruns: 1e9,
      maxjobs: 4,
    });
  });

  it("task arguments stay as written, except that nulls are dropped, and 0, 1 and quoted numbers are converted", () => {
    const tasks = `    pre_run:
    - {name: check, args: {cmd: "true", cwd: , fail: 1, log: 0}, value: 3, timeout: 2.5}
    - {name: jobs, args: {limit: "5", match: one}}
    - {name: quota, args: {atleast: run.space}}
    - {name: remove}
    - {name: submit, args: }
    - {name: move, args: {dest: "host:/archive", include: ["*.nc"], exclude: "*"}}\n`;
    expect(batchOf(one(`${tasks}    runs: [{space: 10}]\n`)).pre_run).toEqual([
      { name: "check", args: { cmd: "true", fail: true, log: false }, timeout: 2.5 },
      { name: "jobs", args: { limit: 5, match: "one" } },
      { name: "quota", args: { atleast: "run.space" } },
      { name: "remove", args: {} },
      { name: "submit", args: {} },
      { name: "move", args: { dest: "host:/archive", include: ["*.nc"], exclude: "*" } },
    ]);
  });

  it("each batch comes after the batches that it waits for", () => {
    const batch = (name: string, after: string) => `  - {name: ${name}, basedir: ${name}, after: [${after}]}\n`;
    const { batches } = planOf(
      `ensemble:\n  batch_config: {templatedir: ../t, templates: [], maxruns: 1, maxjobs: 1, runs: []}\n  batches:\n${batch("a", "c, d")}${batch("b", "")}${batch("c", "d")}${batch("d", "")}`,
    );
    expect(batches.map(({ name }) => name)).toEqual(["d", "c", "a", "b"]);
  });
});

describe("the variables of a run", () => {
  const text = one(
    "    nodes: 1.0\n    repeat: false\n    runs: [{nodes: 2, own: mine}, {}]\n",
    "  vars: {own: default, cluster: fallback, from: vars, maxruns: hidden}\n",
  );

  it("variables come from the ensemble, the batch, the run and the command line, and later ones override earlier ones", () => {
    const batch = batchOf(text, { from: "-x", own: "-x" });
    const [first, second] = batch.runs.map((run) => variablesOf(batch, run, 1));
    expect(first).toMatchObject({
      own: "-x",
      from: "-x",
      nodes: 2,
      cluster: "fallback",
      maxruns: 8,
      idx: 0,
      id: "one-0",
    });
    expect((second?.["nodes"] as Float).toString()).toBe("1.0");
    expect(planOf(text, { from: "-x" }).vars).toMatchObject({ from: "-x", own: "default" });
  });

  it("the variables hold the keys of the batch as written, and scheduler parameters only if set", () => {
    const { shared } = batchOf(text);
    expect(shared).toMatchObject({
      name: "one",
      basedir: "./runs",
      templatedir: "../template",
      templates: ["job.sh.j2"],
    });
    expect(shared).toMatchObject({ job_file: null, repeat: false });
    for (const key of ["email", "ntasks", "length", "runs", "pre_run", "undefined", "after"])
      expect(shared).not.toHaveProperty(key);
  });

  it("variables do not leak from one run into the next", () => {
    expect(batchOf(text).runs.map(({ own }) => own)).toEqual([{ nodes: 2, own: "mine" }, {}]);
  });

  it("the program's own variables override those of a configuration, and a warning says so", () => {
    const reading = read(one("    runs: [{id: mine, dir: /tmp}]\n"), { idx: "7" });
    expect(found(reading)).toEqual([
      "file warning reserved-name",
      "9:13 warning reserved-name",
      "9:23 warning reserved-name",
    ]);
    const batch = reading.plan!.batches[0]!;
    expect(variablesOf(batch, batch.runs[0]!, 1)).toMatchObject({ id: "one-0", dir: "/start/runs/one-0", idx: "7" });
  });
});

describe("a task's reference to a variable", () => {
  const task = (args: string) =>
    one(`    post_run: [{name: move, args: ${args}}]\n    runs: [{archive: /a}, {archve: /b}]\n`);

  it("a reference that one run does not define is refused, with that run's name and a suggestion", () => {
    const { diagnostics } = read(task("{dest: run.archive}"));
    expect(diagnostics).toMatchObject([{ line: 9, column: 42, code: "undefined-variable" }]);
    expect(diagnostics[0]?.message).toBe('`run.archive` is not defined for run `one-1`; did you mean "archve"?');
  });

  it("an undefined reference inside a list is refused", () => {
    const { diagnostics } = read(task('{dest: /d, include: ["*.nc", run.archive]}'));
    expect(diagnostics).toMatchObject([{ line: 9, code: "undefined-variable" }]);
    expect(diagnostics[0]?.message).toBe('`run.archive` is not defined for run `one-1`; did you mean "archve"?');
  });

  it("a reference can refer to a variable of the command line, whose value is always a string", () => {
    expect(codes(read(task("{dest: run.archive}"), { archive: "/c" }))).toEqual([]);
    const jobs = one("    pre_batch: [{name: jobs, args: {limit: run.most, match: x}}]\n    runs: []\n");
    expect(codes(read(jobs, { most: "5" }))).toEqual([]);
    expect(codes(read(jobs, { most: "five" }))).toEqual(["wrong-type"]);
  });

  it("a reference to a date stands for the text of the date", () => {
    const dated = one("    post_run: [{name: move, args: {dest: run.start}}]\n    runs: [{start: 2020-01-05}]\n");
    expect(codes(read(dated))).toEqual([]);
  });

  it("a reference to a variable of the program is valid in tasks of a run only", () => {
    expect(codes(read(task("{dest: run.dir, cwd: run.id}")))).toEqual([]);
    expect(codes(read(one("    pre_batch: [{name: remove, args: {directory: run.dir}}]\n    runs: []\n")))).toEqual([
      "undefined-variable",
    ]);
  });

  it("a reference in pre_run or post_run is not checked in a batch without runs", () => {
    expect(codes(read(task("{dest: run.nowhere}").replace(/ runs: \[.*/, " runs: []")))).toEqual([]);
  });
});
