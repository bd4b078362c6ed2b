/** Specs of Jinja templates that load other templates: where these come from, and the places of mistakes in them. */
import { spawnSync } from "node:child_process";
import { renameSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Variables } from "../../lib/plan/values.js";
import { type Compile, TemplateError } from "../../lib/templates/engine.js";
import { compileJinja } from "../../lib/templates/jinja.js";
import { compilePython } from "../../lib/templates/python/python.js";
import { type Rig, rig, templatesWith } from "./rig.js";

const run: Variables = { id: "tst-0", name: "tst", nodes: 2, list: [1, 2] };

const HAS_JINJA2 = spawnSync("python3", ["-c", "import jinja2"]).status === 0;

/** A rig with files in its template directory. */
const rigWith = (files: Readonly<Record<string, string>>): Rig => {
  const made = rig();
  for (const [name, text] of Object.entries(files)) made.put(name, text);
  return made;
};

const optionsOf = ({ at }: Rig, files: readonly string[] = []) =>
  ({ undefined: "error", roots: [at()], files: () => files }) as const;

const render = async (made: Rig, text: string, compile: Compile = compileJinja): Promise<string> =>
  compile(text, optionsOf(made)).render(run);

const errorOf = async (made: Rig, text: string, compile: Compile = compileJinja): Promise<TemplateError> => {
  try {
    await compile(text, optionsOf(made, ["parts/head.j2", "macros.j2", "base.sh.j2"])).render(run);
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error(`no error: ${text}`);
};

const messageOf = async (made: Rig, text: string): Promise<string> => (await errorOf(made, text)).message;

describe("a mistake in a template that another loads", () => {
  it("the error of an undefined variable names the included file, its line and its column", async () => {
    const made = rigWith({ "parts/head.j2": "one\n two {{ run.lenght }}" });
    const { message, line, column, undefinedPath, more } = await errorOf(made, '{% include "parts/head.j2" %}');
    expect({ message, line, column, undefinedPath, more }).toEqual({
      message: "'run.lenght' is undefined",
      line: 2,
      column: 9,
      undefinedPath: ["lenght"],
      more: { file: made.at("parts/head.j2") },
    });
  });

  it("the error names the file of the macro or the block that contains the mistake, not the file that uses it", async () => {
    const made = rigWith({
      "macros.j2": "{% macro half(n) %}\n{{ n // 0 }}{% endmacro %}",
      "base.j2": "{% block a %}\n\n{{ 1 + 'x' }}{% endblock %}{% block b %}{% endblock %}",
    });
    const inMacro = await errorOf(made, '{% from "macros.j2" import half %}\n\n\n{{ half(1) }}');
    expect([inMacro.more.file, inMacro.line]).toEqual([made.at("macros.j2"), 2]);
    const inParent = await errorOf(made, '{% extends "base.j2" %}{% block b %}x{% endblock %}');
    expect([inParent.more.file, inParent.line]).toEqual([made.at("base.j2"), 3]);
    const inChild = await errorOf(made, '{% extends "base.j2" %}{% block a %}\n{{ 1 // 0 }}{% endblock %}');
    expect([inChild.more.file, inChild.line]).toEqual([undefined, 2]);
  });

  it("the error of a file that is no valid template names the file and the place", async () => {
    const made = rigWith({ "a.j2": "x\n{% for %}" });
    const { message, line, more } = await errorOf(made, '{% include "a.j2" ignore missing %}');
    expect([message, line, more.file]).toEqual([
      "Expected an expression, got 'end of statement block'",
      2,
      made.at("a.j2"),
    ]);
  });

  it("the survey reports a mistake in an included file with the line of that file", async () => {
    const made = rigWith({ "job.sh.j2": '{% include "part.j2" %}', "part.j2": "one\n{{ run.lenght }}\n" });
    const batch = made.batch({ templates: ["job.sh.j2"], shared: { length: 3 } });
    const findings = await templatesWith().survey([batch], { mayAppear: () => false });
    expect(findings).toMatchObject([
      {
        code: "undefined-variable",
        message: `'run.lenght' is undefined; did you mean "run.length"? (in run tst-0)`,
        at: { file: made.at("part.j2"), line: 2, column: 4, excerpt: "{{ run.lenght }}" },
      },
    ]);
  });
});

describe("the names of templates that a template loads", () => {
  it.each([
    ["macro.j2", '; did you mean "macros.j2"?'],
    ["head.j2", '; did you mean "parts/head.j2"?'],
    ["macros", '; did you mean "macros.j2"?'],
    ["base.sh", '; did you mean "base.sh.j2"?'],
    ["../macros.j2", ": a name may not contain `..`"],
    ["quite/another", ""],
  ])("the error of the missing template %j ends with %j", async (name, end) => {
    const { message, line, column, more } = await errorOf(rigWith({}), `\n{% include "${name}" %}`);
    expect({ message, line, column, more }).toEqual({
      message: `there is no template "${name}" in the template directory${end}`,
      line: 2,
      column: 12,
      more: {},
    });
  });

  it.each(["macros.j2", "./macros.j2"])(
    "the error of %j, a link that leads nowhere, suggests no name",
    async (name) => {
      const made = rigWith({});
      symlinkSync("macros.j2", made.at("macros.j2"));
      expect(await messageOf(made, `{% include "${name}" %}`)).toBe(
        `"${name}" in the template directory is no file, and no link that leads to one`,
      );
    },
  );

  it("a name is relative to the template directory, also in a template of a subdirectory", async () => {
    const made = rigWith({
      "sub/a.j2": '{% include "b.j2" %}{% include "/sub/./b.j2" %}',
      "b.j2": "top",
      "sub/b.j2": "sub",
    });
    expect(await render(made, '{% include "sub/a.j2" %}')).toBe("topsub");
  });

  it("a name with `..` and an absolute name find no file outside of the template directory", async () => {
    const made = rigWith({});
    writeFileSync(join(made.root, "secret.j2"), "secret");
    for (const name of ["../secret.j2", "x/../../secret.j2", join(made.root, "secret.j2")]) {
      expect(await messageOf(made, `{% include "${name}" %}`)).toMatch(/^there is no template /);
      expect(await render(made, `[{% include "${name}" ignore missing %}]`)).toBe("[]");
    }
  });

  it("a link that leads out of the template directory is an error, also with `ignore missing`", async () => {
    const made = rigWith({ "real.j2": "inside" });
    writeFileSync(join(made.root, "secret.j2"), "secret");
    symlinkSync("../secret.j2", made.at("link.j2"));
    symlinkSync("..", made.at("up"));
    symlinkSync("real.j2", made.at("inner.j2"));
    for (const name of ["link.j2", "up/secret.j2"]) {
      expect(await messageOf(made, `{% include "${name}" ignore missing %}`)).toBe(
        `"${name}" is a link that leads out of the template directory: replace it by a copy of the file`,
      );
    }
    expect(await render(made, '{% include "inner.j2" %}')).toBe("inside");
  });

  it("a file that is not text is an error, and a directory or a broken link is no template", async () => {
    const made = rigWith({ "sub/a.j2": "a" });
    writeFileSync(made.at("binary.j2"), Buffer.from([0xff, 0xfe, 0x00]));
    symlinkSync("nowhere", made.at("broken.j2"));
    expect(await messageOf(made, '{% include "binary.j2" %}')).toBe(
      'the template "binary.j2" cannot be read: the file is not UTF-8 text',
    );
    for (const name of ["sub", "broken.j2", "", "sub/a.j2/x", "a\\0b"])
      expect(await render(made, `[{% include "${name}" ignore missing %}]`)).toBe("[]");
  });
});

describe("templates that load each other without end", () => {
  it.each([
    ["a template that includes itself", { "a.j2": 'x{% include "a.j2" %}' }, '{% include "a.j2" %}'],
    [
      "two templates that import each other",
      { "a.j2": '{% import "b.j2" as b %}', "b.j2": '{% import "a.j2" as a %}' },
      '{% import "a.j2" as a %}',
    ],
    ["a template that extends itself", { "a.j2": '{% extends "a.j2" %}' }, '{% extends "a.j2" %}'],
    ["a block that shows itself", {}, "{% block a %}{{ self.a() }}{% endblock %}"],
    [
      "a template that includes itself twice",
      { "a.j2": '{% include "a.j2" %}{% include "a.j2" %}' },
      '{% include "a.j2" %}',
    ],
    [
      "a template that includes itself in loops",
      { "a.j2": `${"{% for i in run.list %}".repeat(40)}{% include "a.j2" %}${"{% endfor %}".repeat(40)}` },
      '{% include "a.j2" %}',
    ],
  ])("%s is an error", async (_, files, text) => {
    expect(await messageOf(rigWith(files), text)).toMatch(
      /^more than 300 macros, blocks and templates are nested: does one of them use itself without end\?$|^the template is nested too deeply$/,
    );
  });
});

describe("what a template sees of one that it imports", () => {
  const made = () =>
    rigWith({
      "macros.j2":
        "{% macro double(n) %}{{ 2 * n }}{% endmacro %}{% macro id() %}{{ run.id }}{% endmacro %}{% set _secret = 1 %}",
    });

  it("an imported template sees the run only with context, and the error says so", async () => {
    expect(await render(made(), '{% import "macros.j2" as m with context %}{{ m.id() }}{{ m.double(2) }}')).toBe(
      "tst-04",
    );
    expect(await messageOf(made(), '{% import "macros.j2" as m %}{{ m.id() }}')).toBe(
      "'run' is undefined in a template that is loaded without context: write `with context` behind its name",
    );
  });

  it("the error of a name that a template does not export suggests another", async () => {
    expect(await messageOf(made(), '{% from "macros.j2" import duoble %}{{ duoble(1) }}')).toBe(
      `the template 'macros.j2' exports no 'duoble'; did you mean "double"?`,
    );
    expect(await messageOf(made(), '{% import "macros.j2" as m %}{{ m._secret }}')).toBe(
      "the template 'macros.j2' exports no name that begins with an underscore, such as '_secret'",
    );
    expect(await messageOf(made(), '{% from "macros.j2" import _secret %}')).toBe(
      "names starting with an underline can not be imported",
    );
  });

  it("each rendering has modules of its own", async () => {
    const counting = rigWith({
      "count.j2": "{% set ns = namespace(n=0) %}{% macro next() %}{% set ns.n = ns.n + 1 %}{{ ns.n }}{% endmacro %}",
    });
    for (const compile of [compileJinja, ...(HAS_JINJA2 ? [compilePython] : [])]) {
      const template = compile('{% import "count.j2" as c %}{{ c.next() }}{{ c.next() }}', optionsOf(counting));
      expect([await template.render(run), await template.render(run)]).toEqual(["12", "12"]);
    }
  });
});

describe("tags that load templates, written wrongly", () => {
  it.each([
    [
      "{% if 1 %}{% block a %}{% extends 'x' %}{% endblock %}{% endif %}",
      "1:27 `extends` may stand in no other tag but `if`",
    ],
    ["{% for x in run.list %}{% extends 'x' %}{% endfor %}", "1:27 `extends` may stand in no other tag but `if`"],
    ["{% block a %}{% endblock b %}", "1:26 expected token 'end of statement block', got 'b'"],
    ["{% block a %}{% endblock %}\n{% block a %}{% endblock %}", "2:4 block 'a' defined twice"],
    ["{% block a-b %}{% endblock %}", "1:11 the name of a block contains no hyphen: use an underscore instead"],
    ["{% block a required %}x{% endblock %}", "1:4 Required blocks can only contain comments or whitespace"],
    [
      "{% block a %}",
      "1:14 Unexpected end of template. Jinja was looking for the following tags: 'endblock'. The innermost block that needs to be closed is 'block' in line 1",
    ],
    ["{% import 'm' %}", "1:15 expected token 'as', got 'end of statement block'"],
    ["{% from 'm' import a, %}", "1:23 expected token 'name', got 'end of statement block'"],
    ["{% inclde 'm' %}", `1:4 Encountered unknown tag 'inclde'; did you mean "include"?`],
    ["{% include 3 %}", "1:12 the name of a template is a text, and not of the type 'int'"],
    ["{% include run.part %}", "1:12 'run.part' is undefined"],
    ["{% include [] %}", "1:12 the list of templates is empty"],
    ["{% include ['a', 'b'] %}", `1:12 the template directory has none of the templates "a", "b"`],
  ])("the error of %j has its place", async (text, expected) => {
    const { line = 0, column = 0, message } = await errorOf(rigWith({}), text);
    expect(`${line}:${column} ${message}`).toBe(expected);
  });

  it.each([
    "{% filter upper %}_{% endfilter %}",
    "{% set x %}_{% endset %}",
    "{% macro m() %}_{% endmacro %}{{ m() }}",
  ])("an include without context is an error in %s, where Jinja2 writes its text elsewhere", async (around) => {
    const made = rigWith({ "p.j2": "p" });
    const tag = /\w+/.exec(around)?.[0] ?? "";
    expect(await messageOf(made, around.replace("_", '{% include "p.j2" without context %}'))).toBe(
      `\`without context\` is not supported inside \`${tag}\`: Jinja2 writes the text elsewhere`,
    );
    expect(await render(made, `{% block a %}{% include "p.j2" without context %}{% endblock %}`)).toBe("p");
  });
});

describe.skipIf(!HAS_JINJA2)("template_engine: python loads templates, too", () => {
  it("Python renders templates that include, import and extend others as the built-in engine does", async () => {
    const made = rigWith({
      "base.j2": "<{% block a %}A{% endblock %}>",
      "m.j2": "{% macro f(x) %}({{ x }}{{ run.id }}){% endmacro %}",
      "p.j2": "{% for i in run.list %}{{ i }}{% endfor %}",
    });
    const text =
      '{% extends "base.j2" %}{% from "m.j2" import f with context %}{% block a %}{{ super() }}{{ f(1) }}{% include ["no.j2", "p.j2"] %}{% endblock %}';
    expect(await render(made, text)).toBe("<A(1tst-0)12>");
    expect(await render(made, text, compilePython)).toBe("<A(1tst-0)12>");
  });

  it("Python's errors name the loaded file and its line, and the missing template", async () => {
    const made = rigWith({ "p.j2": "one\n{{ run.lenght }}", "bad.j2": "\n\n{% for %}" });
    expect(await errorOf(made, '\n\n{% include "p.j2" %}', compilePython)).toMatchObject({
      ...{ message: "run.lenght is not defined", line: 2, more: { file: made.at("p.j2") } },
    });
    expect(await errorOf(made, '{% include "bad.j2" %}', compilePython)).toMatchObject({
      ...{ line: 3, more: { file: made.at("bad.j2") } },
    });
    expect(await errorOf(made, '\n{% include "macro.j2" %}', compilePython)).toMatchObject({
      ...{ message: 'there is no template "macro.j2" in the template directory; did you mean "macros.j2"?', line: 2 },
    });
    expect((await errorOf(made, "{% include ['a', 'b'] %}", compilePython)).message).toBe(
      'the template directory has none of the templates "a", "b"',
    );
  });

  it("Python refuses a link that leads out of the template directory, and ends templates without end", async () => {
    const made = rigWith({ "a.j2": '{% include "a.j2" %}' });
    writeFileSync(join(made.root, "secret.j2"), "secret");
    symlinkSync("../secret.j2", made.at("link.j2"));
    expect((await errorOf(made, '{% include "link.j2" ignore missing %}', compilePython)).message).toBe(
      '"link.j2" is a link that leads out of the template directory: replace it by a copy of the file',
    );
    expect((await errorOf(made, '{% include "a.j2" %}', compilePython)).message).toBe(
      "macros, blocks and templates are nested too deeply: does one of them use itself without end?",
    );
    expect(await render(made, "still here", compilePython)).toBe("still here");
  });
});

describe("the digest of a batch's templates", () => {
  const digestOf = (made: Rig) => templatesWith().digest(made.batch({ templates: ["job.sh.j2"] }));

  it.each([
    ["includes", '{% include "part.j2" %}'],
    ["imports with white space control", "{%- import 'part.j2' as p -%}"],
    ["extends", '{% extends "part.j2" %}'],
    ["may include", "{% include ['other.j2', 'part.j2'] ignore missing without context %}"],
    ["includes through another", '{% include "between.j2" %}'],
    ["includes by a computed name", '{% include run.kind ~ ".j2" %}'],
    ["includes with Liquid", '{% render "part", x: run.x %}'],
  ])("the digest changes with a file that a template %s", async (_, text) => {
    const made = rigWith({
      "job.sh.j2": text,
      "part.j2": "1",
      "part.liquid": "1",
      "between.j2": '{% include "part.j2" %}',
    });
    const before = await digestOf(made);
    expect(await digestOf(made)).toBe(before);
    made.put(text.includes("render") ? "part.liquid" : "part.j2", "2");
    const after = await digestOf(made);
    expect(after).not.toBe(before);
    for (const file of ["part.j2", "part.liquid"]) unlinkSync(made.at(file));
    expect(await digestOf(made)).not.toBe(after);
  });

  it("the digest does not change with a file that no template loads", async () => {
    const made = rigWith({ "job.sh.j2": '{% include "part.j2" %}', "part.j2": "1", "input.dat": "1" });
    const before = await digestOf(made);
    made.put("input.dat", "2");
    renameSync(made.at("input.dat"), made.at("other.dat"));
    expect(await digestOf(made)).toBe(before);
  });

  it("the digest of templates that load no other is the one that earlier versions wrote", async () => {
    expect(await digestOf(rigWith({ "job.sh.j2": "#!/bin/sh\n{% if run.x %}{{ run.x }}{% endif %}\n" }))).toBe(
      "76f1d826b7e56d32",
    );
  });
});
