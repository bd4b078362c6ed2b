/** Specs of Jinja templates as their users see them: errors with their place, undefined variables, limits. */
import { describe, expect, it } from "vitest";
import { Float, Timestamp, type Variables } from "../../lib/plan/values.js";
import { TemplateError } from "../../lib/templates/engine.js";
import { compileJinja } from "../../lib/templates/jinja.js";

const run: Variables = {
  name: "tst1",
  nodes: 2,
  dt: new Float(20),
  list: [3, 1, 2],
  grid: { dx: new Float(0.5) },
  empty: "",
  start: new Timestamp("2020-01-05"),
};

const compile = (template: string, undefinedIs: "error" | "empty" = "error") =>
  compileJinja(template, { undefined: undefinedIs, roots: [] });

const render = (template: string, undefinedIs: "error" | "empty" = "error"): string =>
  compile(template, undefinedIs).render(run);

const errorOf = (template: string, undefinedIs: "error" | "empty" = "error"): TemplateError => {
  try {
    render(template, undefinedIs);
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error(`no error: ${template}`);
};

/** `line:column message` */
const errorText = (template: string, undefinedIs: "error" | "empty" = "error"): string => {
  const { line = 0, column = 0, message } = errorOf(template, undefinedIs);
  return `${line}:${column} ${message}`;
};

describe("errors of a Jinja template", () => {
  it.each([
    ["a\n  {{ run.name + 1 }}", `2:6 can only concatenate str (not "int") to str`],
    ["{{ 1 +\n   run.nodes // 0 }}", "2:4 integer division or modulo by zero"],
    ["x {{ run.name|upcase }}", `1:15 No filter named 'upcase'`],
    ["x {{ run.name|uper }}", `1:15 No filter named 'uper'; did you mean "upper"?`],
    ["{% fro x in y %}", `1:4 Encountered unknown tag 'fro'; did you mean "for"?`],
    ["{{ '%d' % run.name }}", "1:4 %d format: a real number is required, not str"],
    ["a\r\nb\r\n{{ ] }}", "3:4 unexpected ']'"],
    [
      "{% if 1 %}\n{% for x in run.list %}\n{% endif %}",
      "3:4 Encountered unknown tag 'endif'. You probably made a nesting mistake. Jinja is expecting this tag, but " +
        "currently looking for 'endfor' or 'else'. The innermost block that needs to be closed is 'for' in line 2",
    ],
    ["{{ run.name", "1:1 the tag '{{' is not closed"],
    ["a\n{# b", "2:1 Missing end of comment tag"],
    ["{{ run.name() }}", "1:4 'str' object is not callable"],
    ["{{ run.name.upper }}", "1:4 cannot print the function 'upper': are the parentheses of a call missing?"],
    ["{{ run.list|map('string') }}", "1:4 cannot print a generator: put |list or |join behind it"],
  ])("the error of %j has line and column", (template, expected) => {
    expect(errorText(template)).toBe(expected);
  });

  it.each(["call", "trans", "autoescape", "do"])("an error says that the tag %s is not supported", (tag) => {
    expect(errorText(`\n{% ${tag} x %}`)).toMatch(new RegExp(`^2:4 the tag '${tag}' is not supported`));
  });

  it("an error says that recursive loops and web filters are not supported", () => {
    expect(errorText("{% for x in run.list recursive %}{% endfor %}")).toBe("1:22 recursive loops are not supported");
    expect(errorText("{{ run.name|urlize }}")).toBe("1:13 the filter 'urlize' of Jinja2 is not supported here");
  });

  it("the engine reports an error before rendering if the text alone shows it", () => {
    expect(() => compile("{{ 1|nosuch }}")).toThrow(TemplateError);
    expect(() => compile("{% if run.x %}")).toThrow("Unexpected end of template");
  });
});

describe("an undefined variable in a Jinja template", () => {
  it("the error of an undefined variable names the variable and its place", () => {
    const error = errorOf("#!/bin/sh\n#SBATCH --time={{ run.lenght }}\n");
    expect(error).toMatchObject({
      line: 2,
      column: 19,
      message: "'run.lenght' is undefined",
      undefinedPath: ["lenght"],
    });
    expect(errorOf("{{ run.grid.dy }}").undefinedPath).toEqual(["grid", "dy"]);
    expect(errorOf("{{ run['grid'].dy }}").undefinedPath).toEqual(["grid", "dy"]);
    expect(errorOf("{{ nosuch }}").message).toBe("'nosuch' is undefined");
  });

  it.each([
    "{{ run.x ~ 'a' }}",
    "{{ run.x == 'a' }}",
    "{{ 'a' == run.x }}",
    "{{ run.x|upper }}",
    "{{ run.x|length }}",
    "{{ [run.x]|join }}",
    "{{ [run.x] }}",
    "{% for a in run.x %}{% endfor %}",
    "{{ run.x + 1 }}",
    "{{ run.x|map('upper')|list }}",
    "{{ 'a' in run.x }}",
    "{{ '%s' % run.x }}",
    "{% set y = run.x %}{{ y }}",
  ])("an undefined variable is an error in %s", (template) => {
    expect(errorOf(template).undefinedPath).toEqual(["x"]);
  });

  it.each([
    ["{% if run.x %}a{% else %}b{% endif %}", "b"],
    ["{{ 'a' if run.x and run.x > 1 else 'b' }}", "b"],
    ["{{ run.x or 'b' }}", "b"],
    ["{{ not run.x }}", "True"],
    ["{{ run.x is defined }}{{ run.x is not defined }}{{ run.x is undefined }}", "FalseTrueTrue"],
    ["{{ run.x|default('b') }}{{ run.empty|default('c', true) }}", "bc"],
    ["[{{ 'a' if run.empty }}]", "[]"],
    ["{% for a in run.list %}{{ ', ' if not loop.first }}{{ a }}{% endfor %}", "3, 1, 2"],
  ])("a template may test an undefined variable: %s", (template, expected) => {
    expect(render(template)).toBe(expected);
  });

  it("an undefined variable prints nothing with `undefined: empty`, but its attributes are an error", () => {
    expect(render("[{{ run.x }}]", "empty")).toBe("[]");
    expect(errorText("[{{ run.x.deep }}]", "empty")).toBe("1:5 'run.x' is undefined");
  });
});

describe("the variables that a Jinja template uses", () => {
  const uses = (template: string): string[] =>
    compile(template).uses.map(({ path, line, column }) => `${line}:${column} ${path.join(".")}`);

  it("the list of uses has every variable of the run with its place, in the order of the text", () => {
    expect(uses("{{ run.a }}\n {% if run.b.c > 1 %}{{ run['d']|upper }}{% endif %}{{ f(x=run.e) }}")).toEqual([
      "1:4 a",
      "2:8 b.c",
      "2:25 d",
      "2:60 e",
    ]);
  });

  it("the list of uses leaves out variables that the template tests first", () => {
    expect(uses("{% if run.a %}{{ run.a }}{{ run.b }}{% endif %}")).toEqual(["1:29 b"]);
    expect(uses("{{ run.a|default(run.b) }}{{ run.c is defined }}{{ run.d if run.d is defined }}")).toEqual(["1:18 b"]);
    expect(uses("{% if run.a is defined and run.a.b > 1 %}{% endif %}")).toEqual([]);
  });

  it("the list of uses is empty if the template assigns to run", () => {
    expect(uses("{% for run in [1] %}{{ run.a }}{% endfor %}")).toEqual([]);
  });
});

describe("a rendered Jinja template", () => {
  it("a template sees Python's values", () => {
    expect(render("{{ run.dt }} {{ run.nodes / 2 }} {{ run.list }} {{ run.grid }} {{ run.start }}")).toBe(
      "20.0 1.0 [3, 1, 2] {'dx': 0.5} 2020-01-05",
    );
  });

  it.each([
    ["2020-01-05 6:07:08", "2020-01-05 06:07:08"],
    ["2020-1-5T06:07:08.5Z", "2020-01-05 06:07:08.500000+00:00"],
    ["2020-01-05 06:07:08 -5", "2020-01-05 06:07:08-05:00"],
    ["2020-01-05", "2020-01-05"],
  ])("a template prints the time %s as PyYAML and Python do", (written, printed) => {
    expect(compile("{{ run.t }}").render({ t: new Timestamp(written) })).toBe(printed);
  });

  it("a template changes a list only for its own rendering", () => {
    const template = compile("{% set _ = run.list.append(9) %}{{ run.list }}");
    expect(template.render(run)).toBe("[3, 1, 2, 9]");
    expect(template.render(run)).toBe("[3, 1, 2, 9]");
  });

  it("four templates render for 10,000 runs in less than 2 s of processor time", () => {
    const templates = [
      "#SBATCH --time={{ run.name }}\n{% if run.nodes > 1 %}#SBATCH -N {{ run.nodes }}\n{% endif %}cd {{ run.idx }}\n".repeat(
        4,
      ),
      "&nml\n{% for x in run.list %} a({{ loop.index }}) = {{ '%.3e' % (x * run.dt) }}\n{% endfor %}/\n",
      "{{ run.name|upper|replace('T', 'x') }} {{ '{:05d}'.format(run.idx) }} {{ run.list|sort|join(',') }}\n",
      "start={{ run.start.strftime('%Y%m%d') }} {{ run.grid.dx|round(2) }} {{ run.email|default('none') }}\n",
    ].map((template) => compile(template));
    const before = process.cpuUsage();
    let length = 0;
    for (let idx = 0; idx < 10_000; idx++)
      for (const template of templates) length += template.render({ ...run, idx }).length;
    const { user, system } = process.cpuUsage(before);
    expect(length).toBeGreaterThan(1_000_000);
    expect((user + system) / 1e6).toBeLessThan(2);
  });
});

describe("limits of a Jinja template", () => {
  it.each(
    [
      "{% for i in range(10 ** 12) %}x{% endfor %}",
      "{{ range(10 ** 12)|sum }}",
      "{{ 'x' * 10 ** 12 }}",
      "{{ [1] * 10 ** 12 }}",
      "{{ '%1000000000d' % 1 }}",
      "{{ '{:1000000000}'.format(1) }}",
      "{{ '%.1000000f' % 1 }}",
      "{{ 10 ** 5000 }}",
      "{{ 9 ** (10 ** 9) }}",
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}",
      `{{ ${"(".repeat(5000)}1${")".repeat(5000)} }}`,
      `{{ ${"not ".repeat(50_000)}1 }}`,
      `{{ 1${" + 1".repeat(50_000)} }}`,
      `{{ 1${"|int".repeat(50_000)} }}`,
      `${"{% if 1 %}".repeat(5000)}${"{% endif %}".repeat(5000)}`,
      "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
      "{{ ('x' * 1000000)|replace('x', 'z' * 1000) }}",
      "{{ ['x' * 1000000] * 1000 }}",
      "{{ [1]|batch(10**9, 0)|list }}",
      "{{ ('x' * 20000 ~ ' ') * 100|wordwrap(1)|length }}",
    ].map((template) => [template.slice(0, 60), template] as const),
  )("the limits stop %s", (_, template) => {
    expect(errorOf(template)).toBeInstanceOf(TemplateError);
  });

  it.each([
    "{{ ''.__class__ }}",
    "{{ run.__class__ }}",
    "{{ run.grid.__proto__ }}",
    "{{ run['__proto__'] }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ run.list|attr('__class__') }}",
    "{{ [1]|map(attribute='__class__')|list }}",
    "{{ '{0.__class__}'.format(1) }}",
    "{{ run.constructor }}",
    "{{ run.name.constructor }}",
    "{{ run.list.push }}",
    "{{ run.list.length }}",
    "{{ run.grid.toString }}",
    "{{ {}.hasOwnProperty('x') }}",
  ])("a template cannot reach the inside of the engine: %s", (template) => {
    expect(errorOf(template)).toBeInstanceOf(TemplateError);
  });
});
