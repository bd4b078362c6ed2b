/** Specs of the notes on differences from the Python tool, and of the documentation page that explains each. */
import { describe, expect, it } from "vitest";
import { DIFFERENCES, type Difference } from "../../../lib/config/python/kinds.js";
import { readConfiguration } from "../../../lib/config/read.js";
import { DEFAULTS, type Settings } from "../../../lib/plan/settings.js";
import { textOf } from "../../support/documents.js";

const PAGE = "docs/from-the-python-tool.md";

/** A configuration with the lines `more` in its batch, `start` before all batches, and `batches` after that batch. */
const ensemble = (more: readonly string[], { start = [], batches = [] }: Around = {}): string =>
  [
    "ensemble:",
    ...start.map((line) => `  ${line}`),
    "  batch_config: {templatedir: ../template, templates: [], maxruns: 2, maxjobs: 2, runs: [{}]}",
    "  batches:",
    "  - name: sea",
    "    basedir: runs",
    ...more.map((line) => `    ${line}`),
    ...batches.map((line) => `  - ${line}`),
    "",
  ].join("\n");

interface Around {
  readonly start?: readonly string[];
  readonly batches?: readonly string[];
}

const noted = (text: string, settings: Partial<Settings> = {}): readonly string[] =>
  readConfiguration(text, { file: "e.yaml", directory: "/start", settings: { ...DEFAULTS, ...settings } })
    .diagnostics.filter(({ code }) => code.startsWith("python-"))
    .map(
      ({ severity, code, line, column = "" }) => `${severity} ${code} ${line === undefined ? "file" : line}:${column}`,
    );

const CASES: readonly (readonly [Difference, string, readonly string[], Partial<Settings>?])[] = [
  [
    "python-failed-task",
    ensemble(["pre_run:", "- name: check", "  args: {cmd: ls}", "- name: execute", "  args: {cmd: ls}"]),
    ["9:7"],
  ],
  ["python-failed-task", ensemble([], { start: ["pre_process:", "- {name: execute, args: {cmd: ls}}"] }), ["3:5"]],
  [
    "python-failed-move",
    ensemble(["post_run:", "- {name: move, args: {dest: 'host:there'}}", "- name: remove"]),
    ["8:7", "failed-task 7:7"],
  ],
  ["python-failed-job", ensemble(["job_file: job.sh", "post_run: [{name: check, args: {cmd: ls}}]"]), ["7:5"]],
  [
    "python-move-exclude",
    ensemble(["post_run:", "- name: move", "  args: {dest: 'host:there', exclude: '*.tmp'}"]),
    ["8:43", "failed-task 7:7"],
  ],
  [
    "python-move-include",
    ensemble(["post_run:", "- name: move", "  args: {dest: 'host:there', include: [out/*.nc]}"]),
    ["8:43", "failed-task 7:7"],
  ],
  [
    "python-move-include",
    ensemble(["post_run:", "- name: move", "  args: {dest: 'host:there', include: ['*/', out/*.nc]}"]),
    ["8:43", "failed-task 7:7"],
  ],
  [
    "python-move-include",
    ensemble(["post_run:", "- name: move", "  args: {dest: 'host:there', include: '*.txt'}"]),
    ["8:43", "failed-task 7:7"],
  ],
  [
    "python-move-include",
    ensemble(["post_run:", "- name: move", "  args: {dest: 'host:there', allow_empty: true, include: [run.name]}"]),
    ["8:62", "failed-task 7:7"],
  ],
  [
    "python-move-parent",
    ensemble(["post_run:", "- name: move", "  args: {dest: '${NOPE:-../../res}'}"]),
    ["8:20", "failed-task 7:7"],
  ],
  [
    "python-remove-relative",
    ensemble(["post_run:", "- {name: remove, args: {directory: out}}"]),
    ["7:40", "failed-task 7:7", "remove 7:40"],
  ],
  [
    "python-move-parent",
    ensemble(["post_run:", "- name: move", "  args: {dest: ../archive}"]),
    ["8:20", "failed-task 7:7"],
  ],
  [
    "python-remove",
    ensemble(["post_batch:", "- name: remove", "  args: {directory: /scratch/me}"]),
    ["8:25", "failed-task 7:7"],
  ],
  ["python-cwd", ensemble(["pre_run:", "- name: check", "  args: {cmd: ls, cwd: ..}"]), ["8:28"]],
  ["python-leak", ensemble(["runs:", "- {a: 1, b: 2}", "- {a: 2}"]), ["8:7"]],
  [
    "python-leak",
    ensemble(["cluster: short"], { batches: ["{name: ice, after: [sea], basedir: ice, runs: [{}]}"] }),
    ["7:52"],
  ],
  ["python-batch-order", ensemble([], { batches: ["{name: ice, basedir: ice}"] }), ["6:12"]],
  ["python-repeat", ensemble(["repeat: true", "post_batch: [{name: check, args: {cmd: ls, fail: true}}]"]), ["6:5"]],
  [
    "python-maxjobs",
    ensemble(["maxjobs: 3"], {
      batches: ["{name: seaice, after: [sea], basedir: ice}", "{name: sea-2, after: [sea], basedir: b}"],
    }),
    ["6:14"],
  ],
  ["python-no-checks", ensemble(["job_file: job.sh"]), ["6:5"], { checks: false }],
  ["python-indexes", ensemble([]), ["file:"], { indexes: [0] }],
];

describe("differences from the Python tool", () => {
  const cases = CASES.map(([code, text, [first = "", ...others], settings = {}]) => {
    const expected = [`note ${code} ${first}`, ...others.map((other) => `note python-${other}`)];
    return { code, text, expected, settings };
  });

  it.each(cases)("the difference $code is noted at its place", ({ text, expected, settings }) => {
    expect(noted(text, settings).toSorted()).toEqual(expected.toSorted());
  });

  it("every kind of difference has a case in this spec", () => {
    expect(new Set(CASES.map(([code]) => code))).toEqual(new Set(Object.keys(DIFFERENCES)));
  });

  it.each([
    ["a job without post_run", ensemble(["job_file: job.sh"])],
    [
      "a batch with post_run_on_failure",
      ensemble(["job_file: job.sh", "post_run: [{name: check, args: {cmd: ls}}]", "post_run_on_failure: true"]),
    ],
    [
      "cwd in pre_batch, which the Python tool uses too",
      ensemble(["pre_batch: [{name: check, args: {cmd: ls, cwd: ..}}]"]),
    ],
    ["batches that `after` orders", ensemble([], { batches: ["{name: ice, after: [sea], basedir: ice}"] })],
    [
      "variables that the Python tool itself sets for each run",
      ensemble(["runs: [{idx: 1, id: a, dir: b, batch_idx: 2}, {}]"]),
    ],
    ["variables that every run sets", ensemble(["runs: [{a: 1}, {a: 2}]"])],
    [
      "keys that every batch sets",
      ensemble(["cluster: a"], { batches: ["{name: ice, after: [sea], basedir: i, cluster: b}"] }),
    ],
    [
      "a batch name that another one extends after a `-`",
      ensemble([], { batches: ["{name: sea-2, after: [sea], basedir: b}"] }),
    ],
  ])("no difference is noted for %s", (_, text) => {
    expect(noted(text)).toEqual([]);
  });

  it("the difference of a failed task is noted only for the tasks whose failure counts here", () => {
    const text = ensemble([
      "post_run:",
      "- {name: execute, args: {cmd: ls}}",
      "- {name: move, args: {dest: 'host:there'}}",
    ]);
    expect(noted(text)).toEqual(["note python-failed-task 7:7"]);
    expect(noted(text, { compat: "python" })).toEqual(["note python-failed-task 8:7"]);
  });

  it("the note on an `include` that is a text says what the Python tool copies", () => {
    const messages = ["'*.txt'", "out.nc", "run.name"].map((include) => {
      const text = ensemble(["post_run:", `- {name: move, args: {dest: 'host:there', include: ${include}}}`]);
      const { diagnostics } = readConfiguration(text, { file: "e.yaml", directory: "/start" });
      return diagnostics.find(({ code }) => code === "python-move-include")?.message;
    });
    expect(messages).toEqual([
      expect.stringContaining("and copies everything"),
      expect.stringContaining("and copies only files whose name is one of these letters"),
      expect.stringContaining("if `run.name` is a text"),
    ]);
  });

  it("a `directory` of `remove` that is absolute, a variable, or in `post_batch` is the same for the Python tool", () => {
    const tasks = (list: string, directory: string) =>
      noted(ensemble([`${list}: [{name: remove, args: {directory: ${directory}}}]`])).filter((note) =>
        note.includes("python-remove-relative"),
      );
    expect([
      ...tasks("post_run", "/scratch/x"),
      ...tasks("post_run", "run.name"),
      ...tasks("post_batch", "out"),
    ]).toEqual([]);
  });

  it("no difference is noted in a configuration with mistakes", () => {
    expect(noted(ensemble(["pre_run: [{name: execute, args: {cmd: ls}}]", "maxrun: 1"]))).toEqual([]);
  });

  it("a difference is noted for its first ten places only", () => {
    const runs = Array.from({ length: 30 }, (_, index) => `- {a${index}: 1}`);
    expect(noted(ensemble(["runs:", ...runs]))).toHaveLength(10);
  });

  it("no difference is noted for a repeating batch that -p keeps running in the Python tool", () => {
    const loop = ensemble(["repeat: true", "post_batch: [{name: check, args: {cmd: ls, fail: true}}]"]);
    expect(noted(loop, { pickup: true })).toEqual([]);
  });
});

describe("the page for users of the Python tool", () => {
  const sections = textOf(PAGE)
    .split(/^## /m)
    .slice(1)
    .map((text) => ({ anchor: text.split("\n")[0]!.toLowerCase().replaceAll(" ", "-"), text }));
  const rows = sections.flatMap(({ anchor, text }) =>
    [...text.matchAll(/^\| (?!the Python tool)(.*) \|$/gm)].map(([, cells]) => ({
      anchor,
      cells: cells!.split(" | "),
    })),
  );

  it("from-the-python-tool.md gives for each difference the code of its note, or says why there is none", () => {
    expect(rows.length).toBeGreaterThan(15);
    for (const { cells } of rows) {
      expect(cells, cells[0]).toHaveLength(3);
      expect(cells[2]).toMatch(/^`[a-z0-9-]+`|^the same for every file$/);
    }
  });

  it("from-the-python-tool.md explains each kind in the section that its note links to", () => {
    const explained = Object.fromEntries(
      rows.flatMap(({ anchor, cells }) =>
        [...cells[2]!.matchAll(/`(python-[a-z-]+)`/g)].map(([, code]) => [code!, anchor] as const),
      ),
    );
    expect(explained).toEqual(DIFFERENCES);
  });
});
