/** Specs of `template_engine: python` with real Jinja2. Skipped if python3 or its package jinja2 is missing. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { Float, Timestamp, type Variables } from "../../../lib/plan/values.js";
import { compilePython } from "../../../lib/templates/python/python.js";

const HAS_JINJA2 = spawnSync("python3", ["-c", "import jinja2"]).status === 0;

const run: Variables = {
  id: "python-0",
  dt: new Float(20),
  small: new Float(1e-5),
  day: new Timestamp("2020-01-05"),
  hour: new Timestamp("2020-1-5T06:30:00 +1"),
  huge: 123456789012345678901n,
  flag: true,
  nothing: null,
  list: [1, new Float(2), "three"],
  grid: { nx: 10, float: new Float(0.5) },
};

const render = async (text: string, undefinedIs: "error" | "empty" = "error"): Promise<string> =>
  compilePython(text, { undefined: undefinedIs, roots: [] }).render(run);

describe.skipIf(!HAS_JINJA2)("template_engine: python", () => {
  it("Python gets every kind of value", async () => {
    expect(await render("{{ run.dt }} {{ run.small }} {{ run.day }} {{ run.day.year }} {{ run.hour }}")).toBe(
      "20.0 1e-05 2020-01-05 2020 2020-01-05 06:30:00+01:00",
    );
    expect(await render("{{ run.huge + 1 }} {{ run.flag }} {{ run.nothing }} {{ run.list }} {{ run.grid }}")).toBe(
      "123456789012345678902 True None [1, 2.0, 'three'] {'nx': 10, 'float': 0.5}",
    );
  });

  it("Python renders a template that the built-in engine refuses", async () => {
    const tree = "{% for n in [{'a': [{'a': []}]}] recursive %}({{ loop(n.a) }}){% endfor %}";
    expect(await render(`{% block head %}${tree}{% endblock %}`)).toBe("(())");
  });

  it("an undefined variable is an error with its line, and a template may test it", async () => {
    expect(await render("{% if run.email %}x{% endif %}{{ run.email|default('none') }}")).toBe("none");
    await expect(render("\n{{ run.lenght }}")).rejects.toMatchObject({
      message: "run.lenght is not defined",
      line: 2,
      undefinedPath: ["lenght"],
    });
    expect(await render("[{{ run.lenght }}]", "empty")).toBe("[]");
  });

  it("an invalid template gets Jinja2's error, and the next template renders", async () => {
    await expect(render("one\n{% if %}")).rejects.toMatchObject({ name: "TemplateError", line: 2 });
    expect(await render("two")).toBe("two");
  });

  it("each of 200 concurrent renderings gets its own text", async () => {
    const texts = await Promise.all(Array.from({ length: 200 }, (_, index) => render(`{{ ${index} * 2 }}`)));
    expect(texts).toEqual(Array.from({ length: 200 }, (_, index) => String(index * 2)));
  });
});
