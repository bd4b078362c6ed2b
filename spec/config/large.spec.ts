/** Specs of large configurations: big ones are read in time, and malicious ones are refused at once. */
import { describe, expect, it } from "vitest";
import { isProblem } from "../../lib/diagnostics/diagnostic.js";
import { codes, read } from "./fixtures.js";

const HEAD = `ensemble:
  vars: &defaults {a: 1, b: 2.5, c: [1, 2, 3], archive: /archive}
  batches:
  - name: one
    basedir: ./runs
    templatedir: ../template
    templates: []
    maxruns: 8
    maxjobs: 4
    post_run: [{name: move, args: {dest: run.archive}}]
    runs:
`;
const runs = (run: (index: number) => string) =>
  HEAD + Array.from({ length: 10_000 }, (_, index) => `    - ${run(index)}\n`).join("");

/** Seconds of processor time; the wall clock would also count what else the machine does. */
const cpuSeconds = (work: () => void): number => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};

describe("a configuration with 10,000 runs", () => {
  it.each([
    ["with variables of their own", (index: number) => `{member: ${index}, dt: 0.5, seed: ${index * 7}}`],
    ["with one alias each", (index: number) => `{<<: *defaults, member: ${index}}`],
  ])("10,000 runs %s are read in a few seconds at most", (_, run) => {
    const text = runs(run);
    const seconds = cpuSeconds(() => {
      const { plan, diagnostics } = read(text);
      expect(diagnostics.filter(isProblem)).toEqual([]);
      expect(plan?.batches[0]?.runs[9999]).toMatchObject({ id: "one-9999", own: { member: 9999 } });
    });
    // About one second of work; a quadratic algorithm would take minutes.
    expect(seconds).toBeLessThan(10);
  });

  it("each of 10,000 runs can be located", () => {
    const { locate } = read(runs((index) => `{member: ${index}}`));
    expect(locate("one", "runs", 9999, "member")).toMatchObject({ line: 12 + 9999, column: 16 });
  });
});

describe("a configuration with 10,000 batches", () => {
  it("10,000 batches are compared with each other in a few seconds at most", () => {
    const batch = (index: number) => `  - {name: b${index}, basedir: runs/${index}}\n`;
    const text = [
      "ensemble:\n  batch_config: {templatedir: /t, templates: [], maxruns: 1, maxjobs: 1, runs: [{}]}\n  batches:\n",
      ...Array.from({ length: 10_000 }, (_, index) => batch(index)),
      "  - {name: in, basedir: runs/7/b7-0/x}\n",
    ].join("");
    let found: readonly string[] = [];
    const seconds = cpuSeconds(() => {
      found = codes(read(text));
    });
    expect(found).toEqual(["directory-collision"]);
    // About two and a half seconds of work; comparing each pair would take more than a minute.
    expect(seconds).toBeLessThan(20);
  });
});

describe("a malicious configuration", () => {
  it.each([
    ["brackets without end", `a: ${"[".repeat(4_000_000)}`, "too-deep"],
    ["braces without end", `a: ${"{a: ".repeat(2_000_000)}`, "too-deep"],
    ["lists in lists", "- ".repeat(4_000_000), "too-deep"],
    ["101 levels", `ensemble: ${"[".repeat(100)}${"]".repeat(100)}`, "too-deep"],
    ["documents without end", "---\n".repeat(2_000_000), "several-documents"],
    ["more than 32 MB", `# ${"x".repeat(32_000_000)}`, "too-large"],
  ])("a configuration of %s is refused", (_, text, code) => {
    expect(codes(read(text))).toEqual([code]);
  });

  it("a configuration with as many words and symbols as 100,000 runs with ten variables each is read", () => {
    expect(codes(read(`${"\n".repeat(8_400_100)}ensemble: {batches: []}`))).toEqual([]);
  });

  it("a configuration of 31 MB is read", () => {
    expect(codes(read(`# ${"x".repeat(31_000_000)}\nensemble: {batches: []}`))).toEqual([]);
  });

  it("a configuration that only its aliases make too deep is refused", () => {
    const links = Array.from({ length: 150 }, (_, index) => `    a${index + 1}: &a${index + 1} {k: *a${index}}\n`);
    expect(codes(read(`ensemble:\n  vars:\n    a0: &a0 {k: 1}\n${links.join("")}  batches: []\n`))).toEqual([
      "alias-bomb",
    ]);
  });

  it("the key __proto__ is refused and reaches no object of the program", () => {
    expect(codes(read("ensemble: {vars: {__proto__: {polluted: 1}}, batches: []}"))).toEqual(["forbidden-key"]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it("a configuration of 100 levels is read", () => {
    expect(codes(read(`ensemble: {vars: {a: ${"[".repeat(97)}${"]".repeat(97)}}, batches: []}`))).toEqual([]);
  });
});
