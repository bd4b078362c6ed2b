/** Specs of the checks of what the command line says about a configuration. */
import { describe, expect, it } from "vitest";
import { readConfiguration } from "../../lib/config/read.js";
import { DEFAULTS, type Settings } from "../../lib/plan/settings.js";
import type { Variables } from "../../lib/plan/values.js";

const TEXT = [
  "ensemble:",
  "  batch_config: {templatedir: ../template, templates: [], maxruns: 2, maxjobs: 2}",
  "  batches:",
  "  - {name: a, basedir: a, runs: [{}, {}]}",
  "  - {name: b, basedir: b, runs: [{}, {}, {}]}",
  "",
].join("\n");

const told = (settings: Partial<Settings>, extra: Variables = {}, text = TEXT): readonly string[] =>
  readConfiguration(text, { file: "e.yaml", directory: "/start", extra, settings: { ...DEFAULTS, ...settings } })
    .diagnostics.filter(({ severity }) => severity !== "note")
    .map(({ severity, message }) => `${severity}: ${message}`);

describe("the runs that the command line leaves", () => {
  it.each<[string, Partial<Settings>]>([
    ["-i 99", { indexes: [99] }],
    ["-k 100", { skips: 100 }],
    ["-k 2` and `-i 0,1", { skips: 2, indexes: [0, 1] }],
  ])("the options `%s`, which leave no run, are an error", (options, settings) => {
    expect(told(settings)).toEqual([`error: no run is left with \`${options}\`: the indexes are 0 to 2`]);
  });

  it("an index that no batch has is a warning where other runs are left", () => {
    expect(told({ indexes: [0, 7, 9] })).toEqual(["warning: no batch has a run for `-i 7,9`: the indexes are 0 to 2"]);
  });

  it("options that leave a run of only one batch are accepted", () => {
    expect(told({ skips: 2 })).toEqual([]);
    expect(told({ indexes: [2] })).toEqual([]);
  });

  it("an ensemble without runs is accepted with any options", () => {
    expect(told({ skips: 1 }, {}, TEXT.replace(/\[\{\}.*\]/g, "[]"))).toEqual([]);
  });
});

describe("the variables of the command line", () => {
  it.each([
    ["run.n", "n"],
    ["run.a.b", "a.b"],
    [" n ", "n"],
  ])("the variable `%s`, which no template can name, is an error that says what to write", (name, meant) => {
    expect(told({}, { [name]: "3" })).toEqual([
      `error: \`-x "${name}=…"\` sets nothing that a template can name; write \`-x ${meant}=…\``,
    ]);
  });

  it.each(["dir", "id"])("`-x %s=…`, by which the Python tool moves or renames every run, is an error", (name) => {
    expect(told({}, { [name]: "3" })).toEqual([
      `error: \`-x ${name}=…\`: the program itself sets \`run.${name}\`; give the variable another name`,
    ]);
    expect(told({}, { idx: "3" })).toEqual([
      "warning: `idx` from the command line overrides the `run.idx` that the program sets",
    ]);
  });

  it("a name with a dot is a warning that says how templates name the variable", () => {
    expect(told({}, { "a.b": "3" })).toEqual(['warning: `-x a.b=…` sets `run["a.b"]`, not a part of `run.a`']);
  });
});
