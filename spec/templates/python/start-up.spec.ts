/** Specs of the python3 behind `template_engine: python`: what it prints at its start, and what ends it. Skipped without jinja2. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { alive, CTRL_C, directoryWith, eventually, fileOf, program, start, terminal } from "../../support/program.js";

const HAS_JINJA2 = spawnSync("python3", ["-c", "import jinja2"]).status === 0;

const ensemble = (template: string, sitecustomize: string, files: Readonly<Record<string, string>> = {}) => {
  const directory = directoryWith({
    ...files,
    "template/job.sh.j2": `#!/bin/bash\n${template}\n`,
    "site/sitecustomize.py": sitecustomize,
    "ensemble.yaml": `ensemble:
  batch_config: {maxruns: 1, maxjobs: 1}
  batches:
    - name: b
      template_engine: python
      templates: [job.sh.j2]
      job_file: job.sh
      basedir: work
      templatedir: ../template
      runs: [{number: 0}]
`,
  });
  return { directory, env: { PYTHONPATH: join(directory, "site"), PYTHONDONTWRITEBYTECODE: "1" } };
};

/** Python writes its process id to a file, then renders without an end. */
const endless = () => {
  const site = `import os\nwith open("pid", "w") as file:\n    file.write(f"{os.getpid()}\\n")\n`;
  const options = ensemble("{% for i in range(10**12) %}{% endfor %}", site);
  return { options, pid: () => fileOf(join(options.directory, "pid")) };
};

const eventuallyGone = (pid: string) => eventually(() => !alive(pid), `python3 (${pid}) is still running`);

describe.skipIf(!HAS_JINJA2)("the start of python3", () => {
  it("what a sitecustomize.py prints is not taken for an answer", async () => {
    const noise = 'import sys\nprint("hello")\nsys.stdout.write("no line break")\nsys.stdout.flush()\n';
    expect(await program(["validate", "ensemble.yaml"], ensemble("echo {{ run.number }}", noise))).toMatchObject({
      status: 0,
      stderr: "",
    });
  });

  it("a file json.py beside the ensemble is not taken for Python's module json", async () => {
    const options = ensemble("echo {{ run.number }}", "", { "json.py": 'raise Exception("not this one")\n' });
    expect(await program(["validate", "ensemble.yaml"], options)).toMatchObject({ status: 0, stderr: "" });
  });
});

describe.skipIf(!HAS_JINJA2)("a template without an end in python3", () => {
  it("Ctrl-C ends `validate`, and python3 with it", async () => {
    const { options, pid } = endless();
    const running = terminal("exec $PROGRAM validate ensemble.yaml", options);
    const python = await pid();
    running.type(CTRL_C);
    await running.ended;
    await eventuallyGone(python);
  });

  it("several Ctrl-C end an ensemble, and python3 with it, and no message blames the template", async () => {
    const { options, pid } = endless();
    const running = terminal("$PROGRAM ensemble.yaml dummy -ms 0", options);
    const python = await pid();
    // Two signals that arrive together count as one.
    const typing = setInterval(() => running.type(CTRL_C), 200);
    const { status, stdout } = await running.ended.finally(() => clearInterval(typing));
    expect(status).toBe(130);
    expect(stdout).not.toContain("error");
    await eventuallyGone(python);
  });

  it("python3 ends when the program was killed by kill -9", async () => {
    const { options, pid } = endless();
    const running = start(["validate", "ensemble.yaml"], options);
    const python = await pid();
    running.child.kill("SIGKILL");
    await running.ended;
    await eventuallyGone(python);
  });
});
