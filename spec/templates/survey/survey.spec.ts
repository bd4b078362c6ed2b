/** The survey of templates: it finds every mistake of every run, with its place, and writes nothing. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { Batch } from "../../../lib/plan/plan.js";
import type { Settings } from "../../../lib/plan/settings.js";
import { compileLiquid } from "../../../lib/templates/liquid/liquid.js";
import { type Rig, rig, templatesWith } from "../rig.js";

const rendered = vi.hoisted(() => ({ times: 0 }));

vi.mock("../../../lib/templates/liquid/liquid.js", async (original) => {
  const real = await original<{ compileLiquid: typeof compileLiquid }>();
  return {
    compileLiquid: (...parts: Parameters<typeof compileLiquid>) => {
      const template = real.compileLiquid(...parts);
      return {
        uses: template.uses,
        render: (run: Parameters<typeof template.render>[0]) => {
          rendered.times += 1;
          return template.render(run);
        },
      };
    },
  };
});

const survey = (batch: Batch, { mayAppear = false, ...settings }: Partial<Settings> & { mayAppear?: boolean } = {}) =>
  templatesWith(settings).survey([batch], { mayAppear: () => mayAppear });

const coded = async (batch: Batch, options: Parameters<typeof survey>[1] = {}) =>
  (await survey(batch, options)).map(({ severity, code, path }) => [severity, code, path.join(".")].join(" "));

/** A batch with one good template and a job file. */
const good = (changes: Partial<Batch> = {}): Rig & { readonly one: Batch } => {
  const here = rig();
  here.put("job.sh.liquid", "{{ run.x }}", 0o755);
  return { ...here, one: here.batch({ templates: ["job.sh.liquid"], job_file: "job.sh", ...changes }, [{ x: 1 }]) };
};

it("the survey of a correct batch finds nothing and writes nothing", async () => {
  const { one, root, runs } = good();
  rmSync(runs(), { recursive: true });
  expect(await survey(one)).toEqual([]);
  expect(readdirSync(root)).toEqual(["template"]);
});

describe("the survey of variables", () => {
  it("the survey finds an undefined variable of run 1,999, with its place and a suggestion", async () => {
    const { put, at, batch } = rig();
    put("a.liquid", "first\n  {{ run.length }}");
    const own = Array.from({ length: 2000 }, (_, index) => (index === 1999 ? { lenght: 1 } : { length: 1 }));
    expect(await survey(batch({ templates: ["a.liquid"] }, own))).toEqual([
      {
        severity: "error",
        code: "undefined-variable",
        message: 'run.length is not defined; did you mean "run.lenght"? (in run tst-1999)',
        batch: "tst",
        path: ["templates", 0],
        at: { file: at("a.liquid"), line: 2, column: 6, excerpt: "  {{ run.length }}" },
      },
    ]);
  });

  it("the survey reports an undefined variable once for all runs", async () => {
    const { put, batch } = rig();
    put("part.liquid", "{{ run.y }}");
    put("a.liquid", "{{ run.x }}{% render 'part', run: run %}{% render 'part', run: run %}");
    const found = await survey(batch({ templates: ["a.liquid"] }, [{ x: 1 }, {}, { x: 1 }, {}]));
    expect(found.map(({ message }) => message)).toEqual([
      "run.y is not defined (in all 4 runs)",
      "run.x is not defined (in 2 of 4 runs, the first is tst-1)",
    ]);
  });

  it("the survey ignores undefined variables of skipped runs", async () => {
    const { put, batch } = rig();
    put("a.liquid", "{{ run.x }}");
    const one = batch({ templates: ["a.liquid"] }, [{}, {}, { x: 1 }]);
    expect(await survey(one, { skips: 2 })).toEqual([]);
    expect(await survey(one, { indexes: [2] })).toEqual([]);
    expect(await survey(one, { indexes: [1] })).toHaveLength(1);
  });

  it("an undefined variable is a warning with `undefined: empty`", async () => {
    const { put, batch } = rig();
    put("a.liquid", "[{{ run.x }}]");
    const found = await coded(batch({ templates: ["a.liquid"], undefined: "empty" }));
    expect(found).toEqual(["warning undefined-variable templates.0"]);
  });

  it("the survey does not take a method of a mapping, or of the run, for a variable that no run defines", async () => {
    const { put, batch } = rig();
    put(
      "a.j2",
      [
        "{% for key, value in run.grid.items() %}{{ run['grid'].get(key) }}{% endfor %}",
        "{{ run.grid['keys']()|list }}{{ run._asdict() }}{{ run._fields }}",
        "{% if false %}{{ run.gird.items() }}{% endif %}",
      ].join("\n"),
    );
    const found = await survey(batch({ templates: ["a.j2"] }, [{ grid: { nx: 1 } }]));
    expect(found.map(({ severity, message, at }) => [severity, message, at?.line])).toEqual([
      ["warning", 'no run defines run.gird; did you mean "run.grid"?', 3],
    ]);
  });

  it("the survey warns of variables that no run defines, in branches that no run renders", async () => {
    const { put, batch } = rig();
    put(
      "a.liquid",
      [
        "{% if run.mode == 'x' %}{{ run.wrong }}{% endif %}",
        "{% if run.optional %}{{ run.optional }}{% endif %}",
        "{% if run.email %}{{ run.email }}{% endif %}",
        "{{ run.other | default: 3 }}",
        "{% if run.mdoe %}{% endif %}",
      ].join("\n"),
    );
    const found = await survey(batch({ templates: ["a.liquid"] }, [{ mode: "y" }]));
    expect(found.map(({ severity, message, at }) => [severity, message, at?.line])).toEqual([
      ["warning", "no run defines run.wrong", 1],
      ["warning", 'no run defines run.mdoe; did you mean "run.mode"?', 5],
    ]);
  });

  it("the survey renders with the variables of the first cycle", async () => {
    const { put, batch } = rig();
    put("a.liquid", "{{ run.batch_idx }}{{ run.idx }}{{ run.id }}{{ run.dir }}{{ run.nodes }}");
    expect(await survey(batch({ templates: ["a.liquid"], shared: { nodes: 1 } }))).toEqual([]);
  });
});

describe("the survey of mistakes in a template", () => {
  it("the survey reports all mistakes at once, each with file and line", async () => {
    const { put, batch, at } = rig();
    put("a.liquid", "ok\n{{ 7 | bogus }}\n{% nonsense %}");
    put("b.liquid", "{% if run.x %}");
    const found = await survey(batch({ templates: ["a.liquid", "b.liquid"] }));
    expect(found.map(({ message, at: place }) => [message, place?.file, place?.line, place?.excerpt])).toEqual([
      ["undefined filter: bogus", at("a.liquid"), 2, "{{ 7 | bogus }}"],
      ['tag "nonsense" not found', at("a.liquid"), 3, "{% nonsense %}"],
      ["tag {% if run.x %} not closed", at("b.liquid"), 1, "{% if run.x %}"],
    ]);
  });

  it("the survey reports a mistake once for several runs, even if its messages differ", async () => {
    const { put, batch } = rig();
    put("a.liquid", "{{ run.x | plus: 1 }}");
    const found = await survey(batch({ templates: ["a.liquid"] }, [{ x: 1 }, { x: "a" }, { x: "b" }]));
    expect(found.map(({ code, message }) => [code, message])).toEqual([
      ["template", 'cannot compute with "a" (in 2 of 3 runs, the first is tst-1)'],
    ]);
  });

  it("the survey reports a template that is not UTF-8", async () => {
    const { at, batch } = rig();
    writeFileSync(at("a.liquid"), Buffer.from([0xe9, 0x0a]));
    expect(await survey(batch({ templates: ["a.liquid"] }))).toMatchObject([
      { severity: "error", message: "the file is not UTF-8 text", at: { file: at("a.liquid") } },
    ]);
  });

  it("the survey renders a template that fails slowly for one run only", async () => {
    const { put, batch } = rig();
    put("a.liquid", "{% for i in (1..3000) %}{% for j in (1..3000) %}{{ i }}{% endfor %}{% endfor %}");
    const found = await survey(batch({ templates: ["a.liquid"] }, [{}, {}, {}, {}]));
    expect(found.map(({ message }) => message)).toEqual(["template render limit exceeded (in run tst-0)"]);
  });
});

describe("the survey of files", () => {
  it.each<[string, readonly string[], Partial<Batch>]>([
    ["a missing template", ["error template-missing templates.1"], { templates: ["job.sh.liquid", "b"] }],
    [
      "a template outside the directory",
      ["error template-missing templates.1"],
      { templates: ["job.sh.liquid", "../b"] },
    ],
    ["a directory as a template", ["error template-kind templates.1"], { templates: ["job.sh.liquid", "sub"] }],
    ["a link to a file as a template", [], { templates: ["job.sh.liquid", "link"] }],
    [
      "a link to a directory as a template",
      ["error template-kind templates.1"],
      { templates: ["job.sh.liquid", "dir"] },
    ],
    ["a template behind a linked directory", [], { templates: ["job.sh.liquid", "dir/x"] }],
    [
      "a template behind a link out of the directory",
      ["error template-behind-link templates.1"],
      { templates: ["job.sh.liquid", "away/x"] },
    ],
    [
      "a template behind a link to itself",
      ["error template-behind-link templates.1"],
      { templates: ["job.sh.liquid", "loop/x"] },
    ],
    ["a missing job file", ["error job-file-missing job_file"], { job_file: "jobs.sh" }],
    ["a template as the job file", ["error job-file-missing job_file"], { job_file: "job.sh.liquid" }],
    ["a directory as the job file", ["error job-file-kind job_file"], { job_file: "sub" }],
    [
      "a job file that pre_run may make",
      ["warning job-file-missing job_file"],
      { job_file: "made", pre_run: [{ name: "execute", args: { cmd: "x" } }] },
    ],
    ["a missing job file without submission", [], { job_file: "x" }],
  ])("the survey of %s finds %o", async (name, found, changes) => {
    const { one, put, at } = good(changes);
    put("sub/x", "x");
    symlinkSync("sub", at("dir"));
    symlinkSync("sub/x", at("link"));
    // A run directory has the depth of the template directory here, so this link leads to the same place from both.
    if (changes.templates?.includes("away/x")) symlinkSync("../../runs", at("away"));
    if (changes.templates?.includes("loop/x")) symlinkSync("loop", at("loop"));
    expect(await coded(one, { submission: !name.includes("without submission") })).toEqual(found);
  });

  it.each([
    ["plain.sh", "#!/bin/bash\r\n", "a Windows line break"],
    ["plain.sh", "#!/no/such/shell\n", "the interpreter /no/such/shell, which does not exist"],
    ["plain.sh", "echo\n", "names no interpreter"],
    ["t.sh.liquid", "#!/bin/bash\r\n", "a Windows line break"],
    ["t.sh.j2", "#!/bin/bash\r\n", undefined],
    ["t.sh.j2", "#!/no/such/{{ run.x }}\n", undefined],
    ["t.sh.j2", "#!/no/such/shell\n{{ run.x }}", "the interpreter /no/such/shell, which does not exist"],
  ])("the survey of the job file %s with %j warns of %s", async (name, text, cause) => {
    const isTemplate = name !== "plain.sh";
    const { one, put } = good({ job_file: isTemplate ? "t.sh" : name, ...(isTemplate && { templates: [name] }) });
    put(name, text, 0o755);
    const found = await survey(one);
    expect(found.map(({ severity, code }) => `${severity} ${code}`)).toEqual(
      cause === undefined ? [] : ["warning job-file-first-line"],
    );
    expect(found.map(({ message }) => message).join()).toContain(cause ?? "");
  });

  it("the survey suggests what to do about a wrong job file", async () => {
    const { one, put } = good({ job_file: "plain.sh" });
    put("plain.sh", "#!/bin/sh\n");
    expect(await survey(one)).toMatchObject([
      { severity: "warning", message: expect.stringMatching(/chmod \+x/) as string },
    ]);
    const { one: misspelt } = good({ job_file: "jobb.sh" });
    expect(await survey(misspelt)).toMatchObject([
      { message: expect.stringMatching(/did you mean "job.sh"/) as string },
    ]);
    const { one: source } = good({ job_file: "job.sh.liquid" });
    expect(await survey(source)).toMatchObject([{ message: expect.stringMatching(/called "job.sh"/) as string }]);
  });

  it("the survey warns of a file that a rendered template replaces", async () => {
    const { one, put } = good();
    put("job.sh", "x");
    expect(await coded(one)).toEqual(["warning replaced-file templates.0"]);
  });

  it("the survey refuses a pipe, which cannot be copied", async () => {
    const { one, at } = good();
    execFileSync("mkfifo", [at("pipe")]);
    expect(await survey(one)).toMatchObject([{ severity: "error", code: "not-copyable", at: { file: at("pipe") } }]);
  });

  it("the survey warns only of links that lead nowhere from a run directory", async () => {
    const { one, root, put, at } = good();
    writeFileSync(join(root, "large.nc"), "");
    put("sub/x", "x");
    symlinkSync("sub/x", at("inside"));
    symlinkSync("../template/sub", at("sub/around"));
    symlinkSync("../../large.nc", at("good"));
    symlinkSync(join(root, "large.nc"), at("absolute"));
    symlinkSync("../large.nc", at("from-here-only"));
    symlinkSync("nowhere", at("dangling"));
    symlinkSync("/nowhere/at/all", at("dangling-absolute"));
    const found = await survey(one);
    expect(found.map(({ severity, code, at: place }) => [severity, code, place?.file])).toEqual([
      ["warning", "dangling-link", at("dangling")],
      ["warning", "dangling-link", at("dangling-absolute")],
      ["warning", "dangling-link", at("from-here-only")],
      ["warning", "dangling-link", at("sub/around")],
    ]);
    expect(found[2]?.message).toContain(join(root, "runs", "large.nc"));
  });
});

describe("the survey of directories", () => {
  it("the survey warns where the Python tool would copy another template directory, behind a linked `basedir`", async () => {
    const { one, root, at } = good();
    const linked = { ...one, basedir: join(root, "linked"), shared: { templatedir: "../template" } };
    mkdirSync(join(root, "scratch/runs"), { recursive: true });
    symlinkSync("scratch/runs", linked.basedir);
    const warnings = async (batch: Batch) => (await survey(batch)).filter(({ code }) => code === "linked-basedir");
    expect(await warnings(linked)).toEqual([]);
    mkdirSync(join(root, "scratch/template"));
    expect(await warnings(linked)).toMatchObject([
      { severity: "warning", message: expect.stringContaining(join(root, "scratch/template")) as string },
    ]);
    expect(await warnings({ ...linked, shared: { templatedir: at() } })).toEqual([]);
  });

  it("the survey says that `templatedir` is relative to `basedir` if the directory would lie there", async () => {
    const { one, runs } = good();
    const [inside] = await survey({ ...one, templatedir: join(runs(), "templates") });
    const [outside] = await survey({ ...one, templatedir: "/no/templates" });
    expect(inside?.message).toMatch(/no such file or directory; `templatedir` is relative to `basedir`$/);
    expect(outside?.message).toMatch(/no such file or directory$/);
  });

  it.each<[string, readonly string[], (here: Rig) => Partial<Batch>]>([
    ["a missing template directory", ["error template-directory templatedir"], ({ at }) => ({ templatedir: at("no") })],
    [
      "a file as the template directory",
      ["error template-directory templatedir"],
      ({ at }) => ({ templatedir: at("job.sh.liquid") }),
    ],
    ["a file as the base directory", ["error base-directory basedir"], ({ at }) => ({ basedir: at("job.sh.liquid") })],
    [
      "a file above the base directory",
      ["error base-directory basedir"],
      ({ at }) => ({ basedir: at("job.sh.liquid/a/b") }),
    ],
    [
      "a base directory below a dangling link",
      ["error base-directory basedir"],
      ({ root }) => ({ basedir: join(root, "lost/b") }),
    ],
    [
      "a base directory in the template directory",
      ["error nested-directories basedir"],
      ({ at }) => ({ basedir: at("a/b") }),
    ],
    ["one directory for base and templates", ["error nested-directories basedir"], ({ at }) => ({ basedir: at() })],
    [
      "a base directory that links to the templates",
      ["error nested-directories basedir"],
      ({ root }) => ({ basedir: join(root, "way") }),
    ],
    ["a base directory that does not exist yet", [], ({ runs }) => ({ basedir: runs("a/b/c") })],
  ])("the survey of %s finds %o", async (_, found, changes) => {
    const here = good();
    symlinkSync("nowhere", join(here.root, "lost"));
    symlinkSync("template", join(here.root, "way"));
    expect(await coded({ ...here.one, ...changes(here) })).toEqual(found);
  });

  it.skipIf(process.getuid?.() === 0)("the survey reports a base directory without write permission", async () => {
    const { one, runs } = good();
    chmodSync(runs(), 0o555);
    expect(await coded(one)).toEqual(["error base-directory basedir"]);
  });

  it("the survey refuses a run directory that is the template directory", async () => {
    const { one, root } = good();
    const runs = [{ id: "template", index: 0, directory: join(root, "template"), own: { x: 1 } }];
    expect(await coded({ ...one, basedir: root, runs }, { pickup: true })).toEqual([
      "error nested-directories basedir",
    ]);
  });

  it("the survey warns of run directories that exist already, unless they are kept", async () => {
    const { one, runs } = good();
    mkdirSync(runs("tst-0"));
    expect(await survey(one)).toMatchObject([{ severity: "warning", code: "run-directory-exists" }]);
    expect(await survey(one, { pickup: true })).toEqual([]);
    expect(await survey(one, { skips: 1 })).toEqual([]);
  });
});

describe("files that a task makes later", () => {
  it("a missing file is a note if a task may make it later", async () => {
    const { one } = good({ templates: ["job.sh.liquid", "later.j2"], job_file: "later" });
    expect(await coded(one, { mayAppear: true })).toEqual(["note template-not-yet templates.1"]);
    expect(await coded({ ...one, job_file: "made" }, { mayAppear: true })).toEqual([
      "note template-not-yet templates.1",
      "note template-not-yet job_file",
    ]);
    expect(await coded({ ...one, templatedir: "/nowhere" }, { mayAppear: true })).toEqual([
      "note template-not-yet templatedir",
    ]);
  });

  it("the survey checks the other templates although one is missing", async () => {
    const { one, put } = good({ templates: ["job.sh.liquid", "later.j2"] });
    put("job.sh.liquid", "{{ run.y }}", 0o755);
    expect(await coded(one, { mayAppear: true })).toEqual([
      "note template-not-yet templates.1",
      "error undefined-variable templates.0",
    ]);
  });
});

describe("a second survey", () => {
  it("a second survey renders a batch again only after a change or a mistake", async () => {
    const { one, put } = good();
    const { survey: surveyAgain } = templatesWithBound();
    const times = async () => {
      const before = rendered.times;
      const found = await surveyAgain([one], { mayAppear: () => false });
      return [rendered.times - before, found.length];
    };
    expect(await times()).toEqual([1, 0]);
    expect(await times()).toEqual([0, 0]);
    put("job.sh.liquid", "{{ run.y }}", 0o755);
    expect(await times()).toEqual([1, 1]);
    expect(await times()).toEqual([1, 1]);
    put("job.sh.liquid", "{{ run.x }}", 0o644);
    expect(await times()).toEqual([1, 1]);
    expect(await times()).toEqual([0, 1]);
  });

  const templatesWithBound = () => {
    const templates = templatesWith();
    return { survey: (...parts: Parameters<typeof templates.survey>) => templates.survey(...parts) };
  };
});

it("the survey lets signals in while it renders 10,000 runs", async () => {
  const { put, batch } = rig();
  for (const name of ["a", "b", "c", "d"])
    put(`${name}.liquid`, "{% for i in run.list %}{{ i }}{{ run.x }}{% endfor %}");
  const own = Array.from({ length: 10_000 }, (_, x) => ({ x, list: [1, 2, 3] }));
  let longest = 0;
  let before = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - before);
    before = performance.now();
  }, 5);
  const start = performance.now();
  expect(await survey(batch({ templates: ["a.liquid", "b.liquid", "c.liquid", "d.liquid"] }, own))).toEqual([]);
  clearInterval(timer);
  expect(performance.now() - start).toBeLessThan(15_000);
  expect(longest).toBeLessThan(1000);
});

it("the survey of a batch without runs finds nothing", async () => {
  const { put, batch } = rig();
  put("a.liquid", "{{ run.x }}");
  chmodSync(join(batch().templatedir, "a.liquid"), 0o755);
  expect(await survey(batch({ templates: ["a.liquid"], job_file: "a" }, []))).toEqual([]);
});
