/** Projects that are moved, copied or linked elsewhere, and configurations with several names. */
import {
  cpSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { directoryWith, eventsIn, eventually, program, shell, start } from "../support/program.js";

interface ProjectOptions {
  readonly batch?: string;
  readonly basedir?: string;
}

const configuration = ({ batch = "b", basedir = "runs" }: ProjectOptions = {}): string => `ensemble:
  batch_config:
    maxruns: 2
    maxjobs: 2
  batches:
    - name: ${batch}
      templates: [job.sh.j2]
      job_file: job.sh
      basedir: ${basedir}
      templatedir: ${relative(basedir, "template")}
      runs: [{number: 0}, {number: 1}]
`;

/** The job notes where it works, and fails unless there is a file `good` in its project. */
const JOB = '#!/bin/bash\necho "$PWD" >> ../../where\ntest -e ../../good\n';

/** A directory with the project `P`, whose configuration is `e.yaml`. */
const withProject = (files: Readonly<Record<string, string>> = {}): string =>
  directoryWith({
    "P/template/job.sh.j2": JOB,
    "P/e.yaml": configuration(),
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`P/${name}`, text])),
  });

const run = (directory: string, ...words: string[]) => program([...words, "-ms", "0"], { directory });

/** Where the jobs of a project worked, in the order of the paths. */
const where = (project: string): readonly string[] =>
  existsSync(join(project, "where")) ? readFileSync(join(project, "where"), "utf8").trim().split("\n").sort() : [];

const runsIn = (project: string) => [join(project, "runs/b-0"), join(project, "runs/b-1")];

const copy = (from: string, to: string) => cpSync(from, to, { recursive: true, preserveTimestamps: true });

describe("a project that was moved", () => {
  it("a moved project is resumed in its new directory, and its failures are told with paths there", async () => {
    const root = withProject();
    const [P, Q] = [join(root, "P"), join(root, "Q")];
    expect(await run(P, "e.yaml", "dummy")).toMatchObject({ status: 1 });
    renameSync(P, Q);
    const again = await run(Q, "e.yaml", "dummy", "--json");
    expect(again).toMatchObject({ status: 1 });
    const started = eventsIn(again.stdout).find(({ type }) => type === "ensemble.started");
    expect(started).toMatchObject({ place: { directory: Q, moved_from: P } });
    const resumed = eventsIn(again.stdout).find(({ type }) => type === "ensemble.resumed");
    expect(JSON.stringify(resumed)).toContain(`${Q}/runs/b-0/job.sh.out`);
    expect(JSON.stringify(resumed)).not.toContain(`${P}/`);
    rmSync(join(Q, "where"));
    writeFileSync(join(Q, "good"), "");
    expect(await run(Q, "e.yaml", "dummy", "--retry-failed")).toMatchObject({ status: 0 });
    expect(where(Q)).toEqual(runsIn(Q));
    expect(existsSync(P)).toBe(false);
  });

  it("a project that was moved twice, and back, stays the same ensemble", async () => {
    const root = withProject({ good: "" });
    const [P, Q] = [join(root, "P"), join(root, "Q")];
    for (const [from, to] of [
      [P, P],
      [P, Q],
      [Q, P],
    ] as const) {
      renameSync(from, to);
      expect(await run(to, "e.yaml", "dummy")).toMatchObject({ status: 0 });
    }
    expect(where(P)).toEqual(runsIn(P));
  });

  it("a project is the same ensemble under another name of its directory", async () => {
    const root = withProject({ good: "" });
    const P = join(root, "P");
    await run(P, "e.yaml", "dummy");
    symlinkSync(P, join(root, "L"));
    expect(await shell("cd L && $PROGRAM e.yaml dummy", { directory: root })).toMatchObject({ status: 0 });
    expect(where(P)).toEqual(runsIn(P));
  });

  it("a state directory outside of the project goes along with a project that was moved", async () => {
    const root = withProject();
    const [P, Q, state] = [join(root, "P"), join(root, "Q"), join(root, "state")];
    await run(P, "e.yaml", "dummy", "--state-dir", state);
    renameSync(P, Q);
    rmSync(join(Q, "where"));
    writeFileSync(join(Q, "good"), "");
    expect(await run(Q, "e.yaml", "dummy", "--state-dir", state, "--retry-failed")).toMatchObject({ status: 0 });
    expect(where(Q)).toEqual(runsIn(Q));
  });
});

describe("a project that was copied", () => {
  it("a copied project is refused as long as the original exists, and touches nothing there", async () => {
    const root = withProject();
    const [P, Q] = [join(root, "P"), join(root, "Q")];
    await run(P, "e.yaml", "dummy");
    copy(P, Q);
    const [before, state] = [where(P), readdirSync(join(P, ".ensemble/e"))];
    const refused = await run(Q, "e.yaml", "dummy", "--retry-failed");
    expect(refused.status).toBe(2);
    for (const words of [`is a copy of ${P}/.ensemble/e`, `start it in ${P}`, "add --fresh"])
      expect(refused.stderr).toContain(words);
    // No option but --fresh makes the copy take the runs and jobs of the original for its own.
    expect(await run(Q, "e.yaml", "dummy", "--accept-changes")).toMatchObject({ status: 2 });
    expect(where(P)).toEqual(before);
    expect(readdirSync(join(P, ".ensemble/e"))).toEqual(state);
  });

  it("--fresh starts over in a copied project, also while the original is running", async () => {
    const root = withProject({ good: "", "template/job.sh.j2": `${JOB}until test -e ../../go; do sleep 0.05; done\n` });
    const [P, Q] = [join(root, "P"), join(root, "Q")];
    const original = start(["e.yaml", "dummy", "-ms", "0"], { directory: P });
    await eventually(() => where(P).length === 2, "the jobs do not start");
    copy(P, Q);
    for (const name of ["runs", "where"]) rmSync(join(Q, name), { recursive: true });
    writeFileSync(join(Q, "go"), "");
    expect(await run(Q, "e.yaml", "dummy")).toMatchObject({ status: 2 });
    expect(await run(Q, "e.yaml", "dummy", "--fresh", "--yes")).toMatchObject({ status: 0 });
    expect(where(Q)).toEqual(runsIn(Q));
    writeFileSync(join(P, "go"), "");
    expect(await original.ended).toMatchObject({ status: 0 });
    expect(where(P)).toEqual(runsIn(P));
  });

  it("`status` says that a copied project is a copy, and `cancel` names the original", async () => {
    const root = withProject({ good: "" });
    const [P, Q] = [join(root, "P"), join(root, "Q")];
    await run(P, "e.yaml", "dummy");
    copy(P, Q);
    expect((await program(["status"], { directory: Q })).stdout).toContain(`is a copy of ${P}/.ensemble/e`);
    const cancelled = await program(["cancel", "--all"], { directory: Q });
    expect(cancelled).toMatchObject({ status: 2 });
    expect(cancelled.stderr).toContain(`add --state-dir ${P}/.ensemble/e`);
    expect((await program(["status"], { directory: P })).stdout).not.toContain("copy");
  });
});

describe("a state directory that is not this ensemble's", () => {
  it("two projects cannot share a state directory", async () => {
    const root = withProject({ good: "" });
    const [P, Q, state] = [join(root, "P"), join(root, "Q"), join(root, "state")];
    copy(P, Q);
    expect(await run(P, "e.yaml", "dummy", "--state-dir", state)).toMatchObject({ status: 0 });
    const refused = await run(Q, "e.yaml", "dummy", "--state-dir", state);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(`was started in ${P}, and this one is in ${Q}`);
    expect(refused.stderr).toContain("--state-dir DIR");
    expect(where(Q)).toEqual([]);
  });

  it("a state directory in a run directory is refused, also behind a link, because `remove` would delete it", async () => {
    const P = join(withProject({ good: "", "runs/x": "" }), "P");
    symlinkSync("runs", join(P, "link"));
    for (const state of ["runs/b-0", "link/b-1/state"]) {
      const refused = await run(P, "e.yaml", "dummy", "-p", "--state-dir", state);
      expect(refused.status).toBe(2);
      expect(refused.stderr).toContain("lies in the directory of the run b-");
    }
    expect(where(P)).toEqual([]);
    expect(existsSync(join(P, "runs/b-0"))).toBe(false);
  });

  it("two configurations cannot share a state directory, unless the second takes the place of the first", async () => {
    const root = withProject({ good: "", "other.yaml": configuration({ batch: "other" }) });
    const P = join(root, "P");
    expect(await run(P, "e.yaml", "dummy", "--state-dir", "state")).toMatchObject({ status: 0 });
    const refused = await run(P, "other.yaml", "dummy", "--state-dir", "state");
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(`holds the state of the ensemble ${P}/e.yaml`);
    renameSync(join(P, "e.yaml"), join(P, "renamed.yaml"));
    expect(await run(P, "renamed.yaml", "dummy", "--state-dir", "state")).toMatchObject({ status: 0 });
    expect(await run(P, "other.yaml", "dummy", "--state-dir", "state", "--accept-changes")).toMatchObject({
      status: 0,
    });
  });

  it("a base directory that a link leads elsewhere by now is refused until the link leads there again", async () => {
    const root = withProject({ good: "", "e.yaml": configuration({ basedir: "link/runs" }), "one/x": "", "two/x": "" });
    const P = join(root, "P");
    const point = (to: string) => {
      rmSync(join(P, "link"), { force: true });
      symlinkSync(to, join(P, "link"));
    };
    point("one");
    writeFileSync(join(P, "template/job.sh.j2"), "#!/bin/bash\necho x >> count\n");
    expect(await run(P, "e.yaml", "dummy")).toMatchObject({ status: 0 });
    point("two");
    const refused = await run(P, "e.yaml", "dummy");
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(`${P}/link led to ${P}/one`);
    point("one");
    expect(await run(P, "e.yaml", "dummy")).toMatchObject({ status: 0 });
    renameSync(join(P, "one"), join(P, "three"));
    point("three");
    expect(await run(P, "e.yaml", "dummy")).toMatchObject({ status: 0 });
    expect(readdirSync(join(P, "two"))).toEqual(["x"]);
  });
});

describe("the names of a configuration", () => {
  const waiting = { good: "", "template/job.sh.j2": `${JOB}until test -e ../../go; do sleep 0.05; done\n` };

  it.each([
    ["a symbolic link to it", (P: string) => symlinkSync("e.yaml", join(P, "l.yaml")), "this ensemble"],
    ["a hard link to it", (P: string) => linkSync(join(P, "e.yaml"), join(P, "l.yaml")), "the batch b in"],
    ["a copy of it", (P: string) => cpSync(join(P, "e.yaml"), join(P, "l.yaml")), "the batch b in"],
  ])("while a configuration runs, %s cannot execute its runs a second time", async (_, link, what) => {
    const P = join(withProject(waiting), "P");
    link(P);
    const first = start(["e.yaml", "dummy", "-ms", "0"], { directory: P });
    await eventually(() => where(P).length === 2, "the jobs do not start");
    const second = await run(P, "l.yaml", "dummy", "-p");
    expect(second.status).toBe(3);
    expect(second.stderr).toContain(`another instance is running ${what}`);
    writeFileSync(join(P, "go"), "");
    expect(await first.ended).toMatchObject({ status: 0 });
    expect(where(P)).toEqual(runsIn(P));
    expect(readdirSync(P).filter((name) => name.endsWith(".lock"))).toEqual([]);
  });

  it("configurations with different batches share a base directory, at the same time", async () => {
    const P = join(withProject({ ...waiting, "c.yaml": configuration({ batch: "c" }) }), "P");
    const both = ["e.yaml", "c.yaml"].map((name) => start([name, "dummy", "-ms", "0"], { directory: P }));
    await eventually(() => where(P).length === 4, "the jobs of both do not run at the same time");
    writeFileSync(join(P, "go"), "");
    for (const { ended } of both) expect(await ended).toMatchObject({ status: 0 });
  });

  it("configurations whose names differ in the ending, or in + and /, are different ensembles", async () => {
    const names = ["x.yaml", "x.yml", "a+b.yaml", "a/b.yaml"];
    const files = names.map((name, index) => [name, configuration({ basedir: `runs/${index}` })] as const);
    const P = join(withProject(Object.fromEntries(files)), "P");
    writeFileSync(join(P, "template/job.sh.j2"), "#!/bin/bash\n");
    for (const name of names) expect(await run(P, name, "dummy")).toMatchObject({ status: 0 });
    for (const index of names.keys()) expect(readdirSync(join(P, `runs/${index}`))).toEqual(["b-0", "b-1"]);
    expect(readdirSync(join(P, ".ensemble")).sort()).toEqual(["a%2Bb", "a+b", "x", "x.yml"]);
  });

  it.each(["e.yml", "link.yaml"])("the state that version 0.1 has kept for %s is found", async (name) => {
    const P = join(withProject({ good: "" }), "P");
    if (name === "e.yml") renameSync(join(P, "e.yaml"), join(P, name));
    else symlinkSync("e.yaml", join(P, name));
    await run(P, name, "dummy");
    const [made = ""] = readdirSync(join(P, ".ensemble"));
    renameSync(join(P, ".ensemble", made), join(P, ".ensemble", name.replace(/\..*/, "")));
    expect((await run(P, name, "dummy")).stderr).toContain("resuming after 1 earlier start");
    expect(where(P)).toEqual(runsIn(P));
  });

  it.each([
    ["the directory above", "cfg/e.yaml", "cfg", "e.yaml"],
    ["the directory of the configuration", "../cfg/e.yaml", "other", "e.yaml"],
  ])("a start from another directory says that the ensemble was started in %s", async (_, __, second, name) => {
    const root = withProject({
      good: "",
      "cfg/e.yaml": configuration(),
      "cfg/template/job.sh.j2": "",
      "other/template/job.sh.j2": "",
    });
    const P = join(root, "P");
    const [first, file, then, again] =
      second === "cfg"
        ? [P, "cfg/e.yaml", join(P, "cfg"), name]
        : [join(P, "cfg"), name, join(P, second), "../cfg/e.yaml"];
    const words = `was started in ${first} before`;
    expect((await run(first, file, "dummy")).stderr).not.toContain("before; started in");
    expect((await run(then, again, "dummy")).stderr).toContain(words);
    expect((await run(then, again, "dummy")).stderr).not.toContain(words);
  });

  it("a configuration without a name that lasts needs --state-dir", async () => {
    const P = join(withProject({ good: "" }), "P");
    const refused = await shell("$PROGRAM <(cat e.yaml) dummy", { directory: P });
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("has no name that lasts");
    expect(refused.stderr).toContain("--state-dir DIR");
    expect(readdirSync(P).sort()).toEqual(["e.yaml", "good", "template"]);
    const given = { directory: P };
    expect(await shell("$PROGRAM <(cat e.yaml) dummy -ms 0 --state-dir s", given)).toMatchObject({ status: 0 });
    expect((await shell("cat e.yaml | $PROGRAM /dev/stdin dummy", given)).status).toBe(2);
    // A file that is read as the standard input has its own name.
    expect(await shell("$PROGRAM /dev/stdin dummy -p < e.yaml", given)).toMatchObject({ status: 0 });
    expect(existsSync(join(P, ".ensemble/e"))).toBe(true);
  });
});
