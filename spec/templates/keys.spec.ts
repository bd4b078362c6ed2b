/** Mappings with keys that are not text: keys and order survive from the configuration to the rendered file. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { readConfiguration } from "../../lib/config/read.js";
import type { Variables } from "../../lib/plan/values.js";
import { compileJinja } from "../../lib/templates/jinja.js";
import { compileLiquid } from "../../lib/templates/liquid/liquid.js";
import { compilePython } from "../../lib/templates/python/python.js";

const OPTIONS = { undefined: "error", roots: [] } as const;
const HAS_JINJA2 = spawnSync("python3", ["-c", "import jinja2"]).status === 0;

const read = (lines: readonly string[]) =>
  readConfiguration(`ensemble:\n  batches: []\n  vars:\n${lines.map((line) => `    ${line}\n`).join("")}`, {
    file: "e.yaml",
    directory: "/start",
  });

const variables = (...lines: readonly string[]): Variables => read(lines).plan!.vars;

const MANY = variables('m: {b: 1, 10: ten, 2: two, "3": three, 1.5: f, true: t, ~: n, 2020-01-05: d, a: 2}');

/** The answers of PyYAML 6 and Jinja2 3.1. */
const CASES: readonly (readonly [template: string, text: string])[] = [
  [
    "{{ run.m }}",
    "{'b': 1, 10: 'ten', 2: 'two', '3': 'three', 1.5: 'f', True: 't', None: 'n', datetime.date(2020, 1, 5): 'd', 'a': 2}",
  ],
  ["{% for key in run.m %}{{ key }} {% endfor %}", "b 10 2 3 1.5 True None 2020-01-05 a "],
  ["{{ run.m[10] }} {{ run.m['3'] }} {{ run.m[1.5] }} {{ run.m[true] }} {{ run.m[none] }}", "ten three f t n"],
  ["{{ run.m['10'] is defined }} {{ run.m[3] is defined }}", "False False"],
  ["{{ run.m.keys()|select('integer')|sum }}", "12"],
];

describe("keys that are not text", () => {
  it.each(CASES)("the built-in Jinja engine keeps the keys' types and order: %s", (template, text) => {
    expect(compileJinja(template, OPTIONS).render(MANY)).toBe(text);
  });

  it.skipIf(!HAS_JINJA2).each(CASES)(
    "the user's own Jinja2 gets the keys' types and order: %s",
    async (template, text) => {
      expect(await compilePython(template, OPTIONS).render(MANY)).toBe(text);
    },
  );

  it("Liquid iterates number keys in order, and finds them by number", () => {
    const template = "{% for pair in run.m %}{{ pair[0] }}={{ pair[1] }} {% endfor %}{{ run.m[10] }} {{ run.m.size }}";
    expect(compileLiquid(template, OPTIONS).render(variables("m: {10: ten, 2: two, b: 1}"))).toBe(
      "10=ten 2=two b=1 ten 3",
    );
  });

  it("keys keep their order through YAML merges", () => {
    const merged = variables("a: &a {2: x, 1: y}", "b: {0: z, <<: *a, 1: w}", "c: {<<: [*a, {5: p, 2: q}]}");
    expect(compileJinja("{{ run.b }} {{ run.c }}", OPTIONS).render(merged)).toBe(
      "{2: 'x', 1: 'w', 0: 'z'} {5: 'p', 2: 'x', 1: 'y'}",
    );
  });

  it("a key that is not text cannot name a variable, as in the Python tool", () => {
    const { diagnostics } = read(["10: ten"]);
    expect(diagnostics).toMatchObject([{ severity: "error", code: "key-not-text", line: 4, column: 5 }]);
  });
});
