/** Liquid templates: Python's numbers and truth, strict names, filters for namelists, and no way to hang. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Float, Timestamp, type Variables } from "../../../lib/plan/values.js";
import { type CompileOptions, TemplateError } from "../../../lib/templates/engine.js";
import { compileLiquid } from "../../../lib/templates/liquid/liquid.js";

const STRICT = { undefined: "error", roots: [] } as const;
const EMPTY = { undefined: "empty", roots: [] } as const;

const render = (text: string, run: Variables = {}, options: CompileOptions = STRICT): string =>
  compileLiquid(text, options).render(run);

const failing = (text: string, run: Variables = {}, options: CompileOptions = STRICT): TemplateError => {
  try {
    render(text, run, options);
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error("it rendered");
};

describe("nested blocks in a Liquid template", () => {
  const nested = (depth: number, block = "if") =>
    `{% ${block} run.x %}`.repeat(depth) + "x" + `{% end${block} %}`.repeat(depth);

  it("a template may nest 100 blocks, and text of `raw` and `comment` does not count", () => {
    const tags = "{% if %}".repeat(200);
    const text = `{% raw %}${tags}{% endraw %}{% comment %}${tags}{% endcomment %}${nested(100)}`;
    expect(render(text, { x: 1 })).toBe(`${tags}x`);
  });

  it.each([101, 100_000])("%i nested blocks are an error with its place", (depth) => {
    const { message, line, column } = failing(`\n${nested(depth)}`, { x: 1 });
    expect([message, line, column]).toEqual(["blocks are nested too deeply: more than 100 are open", 2, 1401]);
  });
});

describe("values in a Liquid template", () => {
  it.each<[string, Variables, string]>([
    ["{{ run.x }}", { x: new Float(20) }, "20.0"],
    ["{{ run.x }}", { x: new Float(1e-5) }, "1e-05"],
    ["{{ run.x }}", { x: new Timestamp("2020-01-01") }, "2020-01-01"],
    ["{{ run.x }}", { x: 123456789012345678901n }, "123456789012345678901"],
    ["{{ run.x }} {{ run.y }}", { x: true, y: false }, "true false"],
    ["[{{ run.x }}]", { x: null }, "[]"],
    ["{{ run.x }}", { x: [1, new Float(2)] }, "12.0"],
    ["{{ 'dt=' | append: run.x }}", { x: new Float(20) }, "dt=20.0"],
    ["{% for pair in run.x %}{{ pair[0] }}:{{ pair[1] }};{% endfor %}", { x: { a: 1, b: new Float(2) } }, "a:1;b:2.0;"],
    ["{{ run.x.y[1].z }}", { x: { y: [{}, { z: "deep" }] } }, "deep"],
  ])("the template %s with %o prints %s", (text, run, printed) => {
    expect(render(text, run)).toBe(printed);
  });

  it("printing a mapping is an error", () => {
    expect(failing("{{ run.x }}", { x: { nx: 1 } }).message).toMatch(/a mapping cannot be printed.*nx/);
  });

  it("arithmetic with floats gives floats", () => {
    const run = { f: new Float(20), n: 7 };
    expect(render("{{ run.f | plus: 1 }} {{ run.n | times: 2 }} {{ run.n | divided_by: 2 }}", run)).toBe("21.0 14 3.5");
    expect(failing("{{ 'abc' | plus: 1 }}").message).toBe('cannot compute with "abc"');
  });

  it("a template compares floats with integers", () => {
    const text = "{% if run.x == 20 %}a{% endif %}{% if run.x > 19.5 %}b{% endif %}{% if 30 > run.x %}c{% endif %}";
    expect(render(`${text}{% case run.x %}{% when 20 %}d{% endcase %}`, { x: new Float(20) })).toBe("abcd");
  });

  it("a date is the same day in every time zone", () => {
    const zone = process.env.TZ;
    onTestFinished(() => {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    });
    for (const place of ["America/Los_Angeles", "Pacific/Auckland"]) {
      process.env.TZ = place;
      const run = { day: new Timestamp("2020-01-01"), hour: new Timestamp("2020-01-01 06:00:00") };
      expect(render("{{ run.day | date: '%Y%m%d' }} {{ run.hour | date: '%H' }}", run)).toBe("20200101 06");
    }
  });
});

describe("truth in a Liquid template", () => {
  it.each<[string, Variables[string], boolean]>([
    ["an empty text", "", false],
    ["a text", "0", true],
    ["zero", 0, false],
    ["zero as a float", new Float(0), false],
    ["a float", new Float(0.1), true],
    ["an empty list", [], false],
    ["a list", [0], true],
    ["an empty mapping", {}, false],
    ["a mapping", { a: null }, true],
    ["null", null, false],
  ])("the truth of %s, %o, is %s", (_, x, truth) => {
    expect(render("{% if run.x %}true{% else %}false{% endif %}", { x })).toBe(String(truth));
    expect(render("{% unless run.x %}false{% else %}true{% endunless %}", { x })).toBe(String(truth));
    expect(render("{% if run.x and true %}true{% else %}false{% endif %}", { x })).toBe(String(truth));
    expect(render("{% if run.no or run.x %}true{% else %}false{% endif %}", { x, no: false })).toBe(String(truth));
  });
});

describe("an undefined variable in a Liquid template", () => {
  it("an undefined variable is an error with its place and name", () => {
    const { message, line, column, undefinedPath } = failing("a\nb {{ run.lenght }}\n", { length: 3 });
    expect({ message, line, column, undefinedPath }).toEqual({
      message: "run.lenght is not defined",
      line: 2,
      column: 6,
      undefinedPath: ["lenght"],
    });
  });

  it("the error lists every place of an undefined variable, not only the first", () => {
    const { more } = failing("{{ run.a }}\n{% for x in run.list %}{{ run.b }}{% endfor %}\n{{ run.c.d }}", {
      list: [1],
    });
    expect(more.also?.map(({ line, undefinedPath }) => [line, undefinedPath])).toEqual([
      [2, ["b"]],
      [3, ["c"]],
    ]);
  });

  it("a template may test an undefined variable", () => {
    expect(render("{% if run.email %}x{% endif %}{{ run.email | default: 'none' }}")).toBe("none");
    expect(render("{{ run.n | default: 3 }} {{ run.s | default: 'none' }}", { n: 0, s: "" })).toBe("0 none");
  });

  it("the error of a bare name suggests the variable of run", () => {
    expect(failing("{{ nodes }}", { nodes: 2 }).message).toBe('nodes is not defined; did you mean "run.nodes"?');
  });

  it.each(["run.constructor", "run.__proto__", "run.toString", "run.hasOwnProperty", "run.size"])(
    "the variable %s is undefined",
    (name) => {
      expect(failing(`{{ ${name} }}`).message).toBe(`${name} is not defined`);
    },
  );

  it("an undefined variable prints nothing with `undefined: empty`", () => {
    expect(render("[{{ run.a }}{{ run.b.c }}{{ x }}]", {}, EMPTY)).toBe("[]");
  });

  it("compiling lists the variables that a template uses", () => {
    const { uses } = compileLiquid("{% if run.a %}\n {{ run.b.c }}{% endif %}{% assign x = 1 %}{{ x }}", STRICT);
    expect(uses).toEqual([
      { path: ["a"], line: 1, column: 7 },
      { path: ["b", "c"], line: 2, column: 5 },
    ]);
  });
});

describe("a Liquid template that does not compile", () => {
  it.each([
    ["a\n{% if run.x %}", 2, /not closed/],
    ["{{ run.x", 1, /not closed/],
    ["\n\n{% elif %}", 3, /"elif" not found/],
    ["{% bogus %}", 1, /"bogus" not found/],
    ["{{ 7 | padd: 3 }}", 1, /undefined filter: padd/],
  ])("the template %j is an error in line %i", (text, line, message) => {
    const error = failing(text);
    expect(error.line).toBe(line);
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/line:|col:/);
  });
});

describe("filters of a Liquid template", () => {
  it.each<[string, Variables, string]>([
    ["{{ 7 | pad: 3 }}", {}, "007"],
    ['{{ 7 | pad: 8, " " }}', {}, "       7"],
    ["{{ run.x | pad: 3 }}", { x: -7 }, "-07"],
    ["{{ run.x | pad: 6 }}", { x: new Float(2.5) }, "0002.5"],
    ["{{ 12345 | pad: 3 }}", {}, "12345"],
    ["{{ run.x | nml }}", { x: "o'brien" }, "'o''brien'"],
    ["{{ run.x | nml }}", { x: new Float(20) }, "20.0d0"],
    ["{{ run.x | nml }}", { x: new Float(1e-5) }, "1.0d-5"],
    ["{{ run.x | nml }}", { x: new Float(-1.5e300) }, "-1.5d300"],
    ["{{ run.x | nml }}", { x: 3 }, "3"],
    ["{{ run.x | nml }}", { x: true }, ".true."],
    ["{{ run.x | nml }}", { x: [1, "a", false, new Float(0.5)] }, "1, 'a', .false., 0.5d0"],
    ["{{ run.x | nml }}", { x: new Timestamp("2020-01-01") }, "'2020-01-01'"],
    ["[{{ run.x | nml }}]", { x: null }, "[]"],
    ["{{ run.x | fortran_bool }} {{ run.y | fortran_bool }}", { x: true, y: false }, ".true. .false."],
  ])("the filter in %s with %o gives %s", (text, run, printed) => {
    expect(render(text, run)).toBe(printed);
  });

  it.each([
    ["{{ run.x | fortran_bool }}", { x: "yes" }, /fortran_bool takes true or false, not "yes"/],
    ["{{ run.x | nml }}", { x: { a: 1 } }, /not a mapping/],
    ["{{ run.x | nml }}", { x: "a\nb" }, /one line/],
    ["{{ 1 | pad: 1000000000 }}", {}, /pad takes a width/],
    ["{{ 1 | pad: 'x' }}", {}, /pad takes a width/],
  ])("the filter in %s with %o is an error", (text, run, message) => {
    expect(failing(text, run).message).toMatch(message);
  });
});

it("a Liquid template cannot fill the memory", () => {
  expect(failing("{% for i in (1..1000000000) %}x{% endfor %}").message).toBe("memory alloc limit exceeded");
});

describe("partial templates of Liquid", () => {
  const directories = () => {
    const root = mkdtempSync(join(tmpdir(), "partials-"));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const inside = join(root, "template");
    mkdirSync(inside);
    writeFileSync(join(inside, "part.liquid"), "\n{{ run.x }}");
    writeFileSync(join(root, "secret.liquid"), "secret");
    symlinkSync("../secret.liquid", join(inside, "link.liquid"));
    return { root, options: { undefined: "error", roots: [inside] } as const };
  };

  it("a partial template comes from the template directory, and its mistakes name its file", () => {
    const { root, options } = directories();
    expect(render("{% include 'part' %}", { x: 1 }, options)).toBe("\n1");
    const { line, message, more } = failing("{% include 'part' %}", {}, options);
    expect({ line, message, more }).toEqual({
      line: 2,
      message: "run.x is not defined",
      more: { file: join(root, "template/part.liquid") },
    });
  });

  it.each(["../secret", "link", "nothing"])("a template cannot include the partial template %s", (name) => {
    const { root, options } = directories();
    for (const path of name === "../secret" ? [name, join(root, "secret.liquid")] : [name]) {
      expect(failing(`{% include '${path}' %}`, {}, options).message).toBe(
        `there is no partial template "${path}" in the template directory`,
      );
    }
  });

  it("a partial template that includes itself is an error", () => {
    const { root, options } = directories();
    writeFileSync(join(root, "template/part.liquid"), "\n{% include 'part' %}");
    const { line, message, more } = failing("{% include 'part' %}", {}, options);
    expect({ line, message, more }).toEqual({
      line: 2,
      message: "partial templates include each other without end",
      more: { file: join(root, "template/part.liquid") },
    });
  });
});
