/** The dialect of PBS in docs/backends.md, extracted from the page, with a stand-in for qsub, qstat and qdel. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadBackend } from "../../lib/backends/module.js";
import type { Dialect } from "../../lib/index.js";
import { blocksOf } from "../support/documents.js";
import { directoryWith, ensembleOf, eventsIn, eventually, fileOf, program, start } from "../support/program.js";

const EXAMPLE = blocksOf("docs/backends.md").find(({ file }) => file === "pbs.mjs")?.text ?? "";
const PROGRAMS = join(import.meta.dirname, "../../fixtures/bin/pbs");

const WORDS = ["ensemble.yaml", "--backend", "pbs.mjs", "-ms", "0", "-st", "1", "-rt", "1", "-et", "1", "-ct", "1"];
const CANCEL = ["cancel", "--all", "--backend", "pbs.mjs"];

/** An ensemble for PBS, with the dialect beside it and a PBS of its own. The work starts in the run directory. */
const withPbs = (runs: number, work: string, header = "") => {
  const directory = ensembleOf(runs, `${header}cd "$PBS_O_WORKDIR"\necho did >> did\n${work}`);
  writeFileSync(join(directory, "pbs.mjs"), EXAMPLE);
  for (const name of ["home", "pbs"]) mkdirSync(join(directory, name));
  const PATH = [PROGRAMS, dirname(process.execPath), process.env.PATH].join(delimiter);
  const env = { PATH, HOME: join(directory, "home"), PBS_STAND_IN: join(directory, "pbs") };
  const where = { directory, env };
  const inRun = (run: string, file: string) => join(directory, "work", run, file);
  return {
    directory,
    inRun,
    run: (...more: string[]) => program([...WORDS, ...more], where),
    start: () => start(WORDS, where),
    cancel: () => program(CANCEL, where),
    check: () => program(["check", "--backend", "pbs.mjs"], where),
    qdel: (id: string) => execFileSync(join(PROGRAMS, "qdel"), [id], { env: { ...process.env, ...env } }),
    /** What an operator does to the server: `away`, `no-history`. */
    set: (state: string) => writeFileSync(join(directory, "pbs", state), ""),
    unset: (state: string) => rmSync(join(directory, "pbs", state)),
    polls: () => readFileSync(join(directory, "pbs/qstat.log"), "utf8").trimEnd().split("\n"),
    job: (number: string): unknown => JSON.parse(readFileSync(join(directory, "pbs/jobs", number, "job.json"), "utf8")),
    jobs: () => readdirSync(join(directory, "pbs/jobs")).length,
    did: (...ids: string[]) => ids.map((run) => readFileSync(inRun(run, "did"), "utf8")),
  };
};

/** How each run ended, by its id. */
const endsIn = (events: readonly Readonly<Record<string, unknown>>[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    events
      .filter(({ type }) => type === "run.finished")
      .map(({ run, ok, failure }) => [String(run), ok === true ? "succeeded" : failure]),
  );

describe("ensembles on PBS", () => {
  it("jobs on PBS succeed, fail with their exit status and output, and are cancelled by qdel", async () => {
    const work =
      'echo "out of $OWN"; echo $PBS_JOBID > id; case {{ run.number }} in 1) exit 7;; 2) exec sleep 1000;; esac';
    const pbs = withPbs(3, work, "#PBS -v OWN=mine -j oe\n");
    const running = pbs.run("--json");
    pbs.qdel(await fileOf(pbs.inRun("b-2", "id")));
    const { status, stdout, stderr } = await running;
    expect(status, stderr).toBe(1);
    const events = eventsIn(stdout);
    const ends = endsIn(events);
    expect(ends).toMatchObject({ "b-0": "succeeded", "b-2": { reason: "job", cause: "cancelled" } });
    const { log, ...failure } = ends["b-1"] as { readonly log: string };
    expect(failure).toMatchObject({ reason: "job", cause: "failed", status: 7 });
    // The job has the user's own variable beside the mark.
    expect(readFileSync(log, "utf8")).toBe("out of mine\n");
    expect(pbs.did("b-0", "b-1", "b-2")).toEqual(["did\n", "did\n", "did\n"]);
    expect(events.find(({ type }) => type === "ensemble.started")).toMatchObject({ backend: "pbs" });
    expect(events.find(({ type }) => type === "job.submitted")).toMatchObject({
      job: expect.stringMatching(/^\d+\.pbs01$/) as string,
    });
    // PBS must not start a job again.
    expect(pbs.job("1")).toMatchObject({ Rerunable: "False" });
    // One qstat a poll, and one for all jobs that are gone.
    for (const words of pbs.polls()) expect(words).toMatch(/^-f -w(| -x -E( \d+\.pbs01)+)$/);
  });

  it("a start after a kill -9 adopts the jobs on PBS, and each job runs once", async () => {
    const pbs = withPbs(3, "echo $$ > started; sleep 2; [ {{ run.number }} != 2 ]");
    const first = pbs.start();
    for (const run of ["b-0", "b-1", "b-2"]) await fileOf(pbs.inRun(run, "started"));
    first.child.kill("SIGKILL");
    await first.ended;
    const { status, stdout, stderr } = await pbs.run("--json");
    expect(status, stderr).toBe(1);
    expect(endsIn(eventsIn(stdout))).toMatchObject({
      ...{ "b-0": "succeeded", "b-1": "succeeded" },
      "b-2": { reason: "job", cause: "failed", status: 1 },
    });
    expect(pbs.did("b-0", "b-1", "b-2")).toEqual(["did\n", "did\n", "did\n"]);
    expect(pbs.jobs()).toBe(3);
  });

  it("a kill -9 between qsub and its answer leaves one job on PBS, which the next start finds", async () => {
    const pbs = withPbs(1, "sleep 1");
    const first = pbs.start();
    await eventually(() => existsSync(join(pbs.directory, "pbs/jobs/1")), "there is no job");
    first.child.kill("SIGKILL");
    await first.ended;
    const { status, stderr } = await pbs.run();
    expect(status, stderr).toBe(0);
    expect(pbs.did("b-0")).toEqual(["did\n"]);
    expect(pbs.jobs()).toBe(1);
  });

  it("model_ensemble cancel deletes the jobs of PBS, while the ensemble runs", async () => {
    const pbs = withPbs(2, "echo $PBS_JOBID > id; exec sleep 1000");
    const running = pbs.start();
    const ids = [];
    for (const run of ["b-0", "b-1"]) ids.push(await fileOf(pbs.inRun(run, "id")));
    await running.until(/b-0: job \S+ submitted[^]*b-1: job|b-1: job \S+ submitted[^]*b-0: job/);
    const { status, stdout, stderr } = await pbs.cancel();
    expect(status, stderr).toBe(0);
    for (const id of ids) expect(stdout).toContain(`job ${id} cancelled`);
    expect(stdout).toContain("2 jobs cancelled");
    const ended = await running.ended;
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain("the job was cancelled");
  });

  it("model_ensemble cancel finds the jobs of PBS after a kill -9, by the module alone", async () => {
    const pbs = withPbs(1, "echo $PBS_JOBID > id; exec sleep 1000");
    const first = pbs.start();
    await fileOf(pbs.inRun("b-0", "id"));
    await first.until(/b-0: job \S+ submitted/);
    first.child.kill("SIGKILL");
    await first.ended;
    const without = await program(["cancel", "--all"], { directory: pbs.directory });
    expect(without).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("name the module of the backend pbs with --backend <file.js>") as string,
    });
    const { status, stdout, stderr } = await pbs.cancel();
    expect(status, stderr).toBe(0);
    expect(stdout).toContain("1 job cancelled");
  });

  it("the program finds a job on PBS by its mark if qsub prints no id", async () => {
    const pbs = withPbs(1, "sleep 2", "#PBS -z\n");
    const { status, stderr } = await pbs.run();
    expect(status, stderr).toBe(0);
    expect(stderr).toContain("whether PBS has the job is unknown (qsub printed no job id");
    expect(pbs.did("b-0")).toEqual(["did\n"]);
    expect(pbs.jobs()).toBe(1);
  });

  it("a job array of PBS is one job, which fails if one of its tasks does", async () => {
    const pbs = withPbs(
      2,
      'echo $PBS_ARRAY_INDEX >> tasks; [ "$PBS_ARRAY_INDEX"{{ run.number }} != 21 ]',
      "#PBS -J 0-2\n",
    );
    const { status, stdout, stderr } = await pbs.run("--json");
    expect(status, stderr).toBe(1);
    expect(endsIn(eventsIn(stdout))).toMatchObject({ "b-0": "succeeded", "b-1": { reason: "job", cause: "failed" } });
    for (const run of ["b-0", "b-1"]) expect(readFileSync(pbs.inRun(run, "tasks"), "utf8")).toBe("0\n1\n2\n");
  });

  it("without a history, the guard tells how the jobs of PBS ended", async () => {
    const pbs = withPbs(2, "exit {{ run.number | times: 7 }}");
    pbs.set("no-history");
    const { status, stdout, stderr } = await pbs.run("--json");
    expect(status, stderr).toBe(1);
    expect(endsIn(eventsIn(stdout))).toMatchObject({
      "b-0": "succeeded",
      "b-1": { reason: "job", cause: "failed", status: 7 },
    });
  });

  it("the program waits while the server of PBS is away, and concludes nothing", async () => {
    const pbs = withPbs(1, "sleep 2");
    const running = pbs.start();
    await fileOf(pbs.inRun("b-0", "did"));
    pbs.set("away");
    await running.until(/qstat: cannot connect to server pbs01.*concludes nothing/);
    pbs.unset("away");
    const { status, stderr } = await running.ended;
    expect(status, stderr).toBe(0);
    expect(pbs.jobs()).toBe(1);
  });

  it("model_ensemble_check submits a trial job to PBS, or says which program of the dialect is missing", async () => {
    const pbs = withPbs(1, "");
    const { status, stdout, stderr } = await pbs.check();
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/ok {6} a job to PBS +job 1\.pbs01 succeeded, and the nodes see this directory\n/);
    const without = await program(["check", "--backend", "pbs.mjs"], { directory: pbs.directory });
    expect(without.status).toBe(1);
    expect(without.stdout).toMatch(/MISSING {2}qsub +not there; load your site's module, or log in where PBS is\n/);
    expect(without.stdout).not.toContain("a job to PBS");
  });

  it("a dialect that throws is blamed for that, and once it is mended, the next start finds the job on PBS", async () => {
    const pbs = withPbs(1, "");
    for (const member of ["directives", "submitAnswer"]) {
      writeFileSync(join(pbs.directory, "pbs.mjs"), `${EXAMPLE}dialect.${member} = () => nothing();\n`);
      const broken = await pbs.run();
      expect(broken.status, broken.stderr).toBe(70);
      expect(broken.stderr).toContain(`model_ensemble: the dialect pbs throws in ${member}: nothing is not defined\n`);
      expect(broken.stderr).not.toContain("a bug in model_ensemble");
    }
    expect(readFileSync(join(pbs.directory, "logs/ensemble.yaml.log"), "utf8")).toMatch(/at .*pbs\.mjs:\d+/);
    writeFileSync(join(pbs.directory, "pbs.mjs"), EXAMPLE);
    const { status, stderr } = await pbs.run();
    expect(status, stderr).toBe(0);
    expect(pbs.did("b-0")).toEqual(["did\n"]);
    expect(pbs.jobs()).toBe(1);
  });

  it("a run fails with qsub's own words if PBS refuses its job", async () => {
    const pbs = withPbs(1, "", "#PBS -l walltime=9999:00:00\n");
    const { status, stderr } = await pbs.run();
    expect(status).toBe(1);
    expect(stderr).toContain("qsub: Job violates queue and/or server resource limits");
    expect(existsSync(pbs.inRun("b-0", "did"))).toBe(false);
  });

  it("the program refuses to start where there is no qsub", async () => {
    const { directory } = withPbs(1, "");
    const { status, stderr } = await program(WORDS, { directory });
    expect(status).toBe(2);
    expect(stderr).toContain("there is no qsub here: load your site's module, or log in where PBS is");
    expect(existsSync(join(directory, "work"))).toBe(false);
  });
});

describe("the dialect of PBS in the documents", () => {
  const dialect = async (): Promise<Dialect> => {
    const module = await loadBackend(join(directoryWith({ "pbs.mjs": EXAMPLE }), "pbs.mjs"));
    if (!("dialect" in module)) throw new Error("the module exports no dialect");
    return module.dialect;
  };
  const owner = () => execFileSync("id", ["-un"], { encoding: "utf8" }).trim();
  const shown = (attributes: Readonly<Record<string, string>>, user = owner()) =>
    `Job Id: 7.pbs01\n${Object.entries({
      Job_Name: "job.sh",
      Job_Owner: `${user}@login1`,
      ctime: "Thu Jan  1 00:00:00 2026",
      ...attributes,
    })
      .map(([name, value]) => `    ${name} = ${value}\n`)
      .join("")}\n`;

  it.each([
    ["0", "92", "succeeded"],
    ["7", "93", "failed"],
    ["-29", "93", "timeout"],
    ["-27", "93", "out_of_memory"],
    ["-20", "93", "node_failure"],
    ["-1", "93", "not_started"],
    ["271", "91", "cancelled"],
  ])("an exit status of %s with the substate %s is the cause %s", async (Exit_status, substate, cause) => {
    const pbs = await dialect();
    const answer = { status: 0, stdout: shown({ job_state: "F", Exit_status, substate }), stderr: "" };
    expect(pbs.accountingRows(answer)).toMatchObject([{ base: "7.pbs01", meaning: { is: "ended", cause } }]);
  });

  it.each([
    [0, "12[].pbs01\n", "", { is: "accepted", job: "12[].pbs01" }],
    [162, "", "qsub: cannot connect to server pbs01 (errno=15010)\n", { is: "away" }],
    [214, "", "qsub: Maximum number of jobs already in queue workq\n", { is: "busy" }],
    [170, "", "qsub: Unknown queue\n", { is: "refused", message: "qsub: Unknown queue" }],
    [1, "", "qsub: End of File\n", { is: "unclear", ended: true }],
  ])(
    "of a qsub that ends with %i and prints %j and %j, PBS has a job or not",
    async (status, stdout, stderr, answer) => {
      const pbs = await dialect();
      expect(pbs.submitAnswer({ status, signal: null, stdout, stderr })).toMatchObject(answer);
    },
  );

  it("a job that a signal ended, or that an operator deleted, has that in its account", async () => {
    const pbs = await dialect();
    const attributes = {
      job_state: "F",
      Exit_status: "265",
      substate: "91",
      comment: "Job run and terminated by root@pbs01",
    };
    expect(pbs.accountingRows({ status: 0, stdout: shown(attributes), stderr: "" })).toMatchObject([
      { ending: { status: null, signal: "SIGKILL" }, by: "root", words: "F 91 265" },
    ]);
  });

  it("a job of another user, and a job that qstat has not printed to its end, are no rows", async () => {
    const pbs = await dialect();
    const whole = shown({ job_state: "Q" });
    expect(pbs.queueRows([whole])).toMatchObject([{ base: "7.pbs01", meaning: { is: "live", state: "pending" } }]);
    expect(pbs.queueRows([shown({ job_state: "Q" }, "other")])).toEqual([]);
    expect(pbs.queueRows([whole.slice(0, -1)])).toEqual([]);
  });

  it("a job has the mark of its own qsub, and not one that `qsub -V` has handed on", async () => {
    const pbs = await dialect();
    const inherited = {
      job_state: "R",
      Variable_List: "PBS_O_HOST=login1,MODEL_ENSEMBLE_MARK=a.1",
      Submit_arguments: "-V next.sh",
    };
    expect(pbs.queueRows([shown(inherited)])?.[0]?.mark).toBeUndefined();
    const own = {
      ...inherited,
      Submit_arguments: "-f -r n -v MODEL_ENSEMBLE_MARK=abc.1.job-1,OWN=mine /home/me/job.sh",
    };
    expect(pbs.queueRows([shown(own)])?.[0]?.mark).toBe("abc.1.job-1");
  });

  it("a job that is held, or can never run, is shown with what to do about it", async () => {
    const pbs = await dialect();
    const rows = [
      { job_state: "H", Hold_Types: "u" },
      { job_state: "Q", comment: "Can Never Run: not enough nodes" },
    ];
    expect(rows.map((row) => pbs.queueRows([shown(row)])?.[0]?.obstacle?.is)).toEqual(["held", "blocked"]);
    expect(pbs.queueRows([shown({ job_state: "H", Hold_Types: "s" })])?.[0]?.obstacle).toBeUndefined();
  });

  it("variables that would steer qsub are left out of the environments, and named", async () => {
    const pbs = await dialect();
    expect(pbs.environment({ A: "1", PBS_DPREFIX: "#X", PBS_SERVER: "pbs02" })).toEqual({
      environment: { A: "1", PBS_SERVER: "pbs02" },
      readable: { A: "1", PBS_SERVER: "pbs02", LC_ALL: "C" },
      removed: ["PBS_DPREFIX"],
    });
  });

  it.each([
    ["", "work", ["job.sh.e7", "job.sh.e7.2"], ["job.sh.o7", "job.sh.e71", "jobxsh.e7"]],
    ["#PBS -N wind -j oe\n", "work", ["wind.o7"], ["wind.e7"]],
    ["#PBS -j oe\n#PBS -o login1:out/wind.txt\n", "work/out", ["wind.txt"], ["wind.o7"]],
  ])(
    "after the directives %j the output of a job is in %s, in files named %j",
    async (header, place, names, others) => {
      const pbs = await dialect();
      const script = `#!/bin/sh\n${header}\ndate\n#PBS -e too-late\n`;
      const { directory, file } = pbs.outputOf({ script, file: "job.sh", directory: "/work", id: "7.pbs01" });
      expect(directory).toBe(`/${place}`);
      expect(names.map((name) => file.test(name))).toEqual(names.map(() => true));
      expect(others.map((name) => file.test(name))).toEqual(others.map(() => false));
    },
  );

  it.each([
    ["qdel: Unknown Job Id 7.pbs01\n", 153, "queue_tells"],
    ["qdel: Job has finished 7.pbs01\n", 35, "queue_tells"],
    ["qdel: Unauthorized Request  7.pbs01\n", 159, "final"],
    ["qdel: Unauthorized Request  8.pbs01\n", 159, undefined],
    ["Couldn't connect to cluster: pbs01\n", 1, "again"],
    ["", 0, undefined],
  ])("of a qdel that prints %j and ends with %i, the job knows whether it is deleted", async (stderr, status, is) => {
    const pbs = await dialect();
    expect(pbs.cancelObjection("7.pbs01", { status, stdout: "", stderr })?.is).toBe(is);
  });
});
