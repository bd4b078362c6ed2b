import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { directoryWith, ensembleOf, eventsIn, program, shell, start } from "../support/program.js";

const nowhere = () => ({ directory: directoryWith({}) });

/** A stack trace is for developers. No user may see one. */
const STACK = /^\s+at .+:\d+:\d+\)?$/m;

describe("model_ensemble", () => {
  it("--help fits 80 columns and covers options, commands, examples and exit statuses", async () => {
    const help = await program(["--help"], nowhere());
    expect(help).toMatchObject({ status: 0, stderr: "" });
    for (const word of ["-ct, --check-timeout", "--extra-vars", "validate", "plan", "128+n", "Examples:"]) {
      expect(help.stdout).toContain(word);
    }
    expect(help.stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect((await program(["help", "plan"], nowhere())).stdout).toContain("--show <run>");
  });

  it("--version prints the version of the package", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(await program(["--version"], nowhere())).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  it("the program runs an ensemble and logs it", async () => {
    const directory = ensembleOf(3, "echo done > result");
    const { status, stdout, stderr } = await program(["ensemble.yaml", "dummy", "-ms", "0"], { directory });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr).toContain("logs/ensemble.yaml.log");
    expect(readdirSync(join(directory, "work"))).toEqual(["b-0", "b-1", "b-2"]);
    expect(readFileSync(join(directory, "work/b-2/result"), "utf8")).toBe("done\n");
    expect(readFileSync(join(directory, "logs/ensemble.yaml.log"), "utf8")).toContain("b-2");
  });

  it("the program ends with 1 if a run failed", async () => {
    const directory = ensembleOf(3, "exit {{ run.number }}");
    const { status, stderr } = await program(["run", "ensemble.yaml", "dummy", "-ms", "0"], { directory });
    expect(status).toBe(1);
    expect(stderr).toContain("b-1");
  });

  it("options of the command line change the ensemble", async () => {
    const directory = ensembleOf(5, "echo {{ run.word }} > result");
    const { status } = await program(["-ms", "0", "-k", "1", "-i", "0,1,3", "-x", "word=x", "ensemble.yaml", "dummy"], {
      directory,
    });
    expect(status).toBe(0);
    expect(readdirSync(join(directory, "work"))).toEqual(["b-1", "b-3"]);
    expect(readFileSync(join(directory, "work/b-3/result"), "utf8")).toBe("x\n");
  });

  it.each([
    ["-i 99", "no run is left"],
    ["-k 100", "no run is left"],
    ["-x run.n=3", "write `-x n=…`"],
    ["--retry-failed=job:timout", "job:timeout"],
    ["--retry-failed=,", "Expected causes"],
  ])("the program refuses `%s`, which would do nothing, with 2", async (options, message) => {
    const directory = ensembleOf(2, "true");
    const { status, stderr } = await program(["ensemble.yaml", "dummy", ...options.split(" ")], { directory });
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(readdirSync(directory)).not.toContain("work");
  });

  it("--simulate simulates the jobs", async () => {
    const directory = ensembleOf(2, "echo done > result");
    const { status } = await program(["ensemble.yaml", "-ms", "0", "--simulate", "time=0s"], { directory });
    expect(status).toBe(0);
    expect(readdirSync(join(directory, "work/b-0"))).not.toContain("result");
    const refused = await program(["ensemble.yaml", "--simulate", "time=sometimes"], { directory });
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/--simulate.*sometimes/);
  });

  it("the program runs without a terminal, with stdin, stdout and stderr closed", async () => {
    const directory = ensembleOf(2, "echo done > result");
    const ended = await shell("exec setsid -w $PROGRAM ensemble.yaml dummy -ms 0 <&- >&- 2>&-", { directory });
    expect(ended).toEqual({ status: 0, signal: null, stdout: "", stderr: "" });
    expect(readFileSync(join(directory, "work/b-1/result"), "utf8")).toBe("done\n");
  });

  it.each(["/no/such/directory", "/etc/passwd"])("the program runs tasks even if TMPDIR is %s", async (path) => {
    const directory = ensembleOf(1, "true", { more: "      pre_run: [{name: execute, args: {cmd: echo hi}}]\n" });
    const { status, stderr } = await shell(`TMPDIR=${path} $PROGRAM ensemble.yaml dummy -ms 0`, { directory });
    expect({ status, stderr }).toMatchObject({ status: 0 });
  });

  it("the ensemble continues if the log cannot be written", async () => {
    const directory = ensembleOf(2, "true");
    const ended = await shell("touch logs; $PROGRAM ensemble.yaml dummy -ms 0", { directory });
    expect(ended.status).toBe(0);
    expect(ended.stderr.match(/logs\/ensemble.yaml.log is lost/g)).toHaveLength(1);
  });

  it.each([
    "$PROGRAM run ../ensemble.yaml dummy",
    "$PROGRAM validate ../ensemble.yaml dummy",
    "$PROGRAM plan ../ensemble.yaml dummy",
    "$PROGRAM status",
    "$PROGRAM cancel --all",
    "$PROGRAM replay ../x",
    "$PROGRAM journal verify ../x",
    "$PROGRAM check dummy",
    "$CHECK dummy",
  ])("%s says so if the current directory no longer exists", async (command) => {
    const line = `mkdir gone; cd gone; rmdir ../gone; ${command}`;
    const { status, stderr } = await shell(line, { directory: ensembleOf(1, "true") });
    expect(stderr).toBe("error: the current directory no longer exists: change to one that does\n");
    expect(status).toBe(2);
  });

  it("check says whether a backend can be used", async () => {
    const ended = await program(["check", "dummy"], nowhere());
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(ended.stdout).toContain("The backend dummy can be used here.");
    const alone = await shell("$CHECK dummy", nowhere());
    expect({ ...alone }).toMatchObject({ status: 0, stdout: expect.stringContaining("can be used here") as string });
    const without = await shell("PATH=/nowhere $PROGRAM check slurm", nowhere());
    expect(without.status).toBe(1);
    expect(without.stdout).toContain("MISSING");
  });
});

describe("--json", () => {
  it("--json writes every event to stdout, and the view stays on stderr", async () => {
    const directory = ensembleOf(3, "true");
    const { status, stdout, stderr } = await program(["ensemble.yaml", "dummy", "-ms", "0", "--json"], { directory });
    expect(status).toBe(0);
    const events = eventsIn(stdout);
    expect(events[0]).toMatchObject({
      type: "stream.opened",
      seq: 0,
      schema: expect.stringContaining("events/2") as string,
    });
    expect(events.at(-1)).toMatchObject({ type: "ensemble.finished", succeeded: 3, ok: true });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index));
    expect(stderr).toContain("3");
  });

  it("--json writes the first event before the program reads the configuration", async () => {
    const directory = ensembleOf(1, "true", {
      more: "      pre_batch: [{name: execute, args: {cmd: 'read -r line < hold'}}]\n",
    });
    const running = start(["ensemble.yaml", "dummy", "--json"], { directory });
    await running.until("stream.opened");
    running.child.kill("SIGTERM");
    const { status, signal } = await running.ended;
    // Before the ensemble starts, there is nothing to interrupt, so the signal ends the program at once.
    expect([143, "SIGTERM"]).toContain(status ?? signal);
  });

  it("the ensemble continues if the reader of --json goes away", async () => {
    const directory = ensembleOf(20, "echo done > result", { maxruns: 4 });
    const line = 'set -o pipefail; $PROGRAM ensemble.yaml dummy -ms 0 --json | head -1; echo "${PIPESTATUS[0]}"';
    const { stdout, stderr } = await shell(line, { directory });
    const [first = "", status] = stdout.split("\n");
    expect(JSON.parse(first)).toMatchObject({ type: "stream.opened" });
    expect(status).toBe("0");
    expect(stderr).not.toMatch(/EPIPE/);
    expect(stderr).not.toMatch(STACK);
    expect(readFileSync(join(directory, "work/b-19/result"), "utf8")).toBe("done\n");
  });

  it("the program reports a full stdout once, and ends with 5", async () => {
    const directory = ensembleOf(3, "echo done > result");
    const ended = await shell("$PROGRAM ensemble.yaml dummy -ms 0 --json > /dev/full", { directory });
    expect(ended.status).toBe(5);
    expect(ended.stderr.match(/ENOSPC/g)).toHaveLength(1);
    expect(ended.stderr).not.toMatch(STACK);
    expect(readFileSync(join(directory, "work/b-2/result"), "utf8")).toBe("done\n");
  });

  it("the program refuses a state directory in which it cannot make the claims directory, and starts nothing", async () => {
    const directory = ensembleOf(1, "echo done > result");
    mkdirSync(join(directory, "state"));
    writeFileSync(join(directory, "state/claims"), "");
    const { status, stderr } = await program(["ensemble.yaml", "dummy", "--state-dir", "state"], { directory });
    expect({ status, stderr }).toEqual({
      status: 5,
      stderr: expect.stringMatching(/state cannot be used: the directory .*claims cannot be made: a file/) as string,
    });
    expect(existsSync(join(directory, "work"))).toBe(false);
  });

  it("--json also reports a refused configuration", async () => {
    const directory = directoryWith({ "c.yaml": "ensemble: {}\n" });
    const { status, stdout } = await program(["c.yaml", "dummy", "--json"], { directory });
    expect(status).toBe(2);
    expect(eventsIn(stdout).map(({ type }) => type)).toEqual(["stream.opened", "configuration.refused"]);
  });
});

const GOOD = `ensemble:
  batches:
    - {name: b, basedir: work, templatedir: ../template, templates: [], job_file: job.sh, maxruns: 1, maxjobs: 1, runs: [{}]}
`;

describe("bad input", () => {
  const files = {
    "good.yaml": GOOD,
    "template/job.sh": "#!/bin/bash\n",
    "text.yaml": "just words\n",
    "broken.yaml": "ensemble: [unclosed\n",
    "empty.yaml": "",
    "list.yaml": "- a\n- b\n",
    "unknown.yaml": GOOD.replace("maxruns", "maxrun"),
    "zero.yaml": GOOD.replace("maxruns: 1", "maxruns: 0"),
    "template.yaml": GOOD.replace("../template", "../templtae"),
    "twice.yaml": "ensemble: {}\nensemble: {}\n",
    directory: "",
  };
  const cases: readonly (readonly [what: string, words: string, expected: RegExp])[] = [
    ["no configuration", "", /missing required argument 'configuration'/],
    ["a missing configuration file", "nope.yaml dummy", /nope\.yaml.*(no such file|ENOENT|there is no)/i],
    ["a directory as configuration", "template dummy", /template.*directory/i],
    ["a file that is no YAML mapping", "text.yaml dummy", /text\.yaml/],
    ["a YAML list", "list.yaml dummy", /list\.yaml/],
    ["broken YAML", "broken.yaml dummy", /broken\.yaml:\d+:\d+: error/],
    ["an empty file", "empty.yaml dummy", /empty\.yaml/],
    ["an unknown key", "unknown.yaml dummy", /unknown\.yaml:3:\d+: error: .*maxrun\b.*did you mean "maxruns"/],
    ["a maxruns of 0", "zero.yaml dummy", /zero\.yaml:3:\d+: error: .*maxruns/],
    ["a duplicate key", "twice.yaml dummy", /twice\.yaml:2:\d+: error/],
    ["a missing template directory", "template.yaml dummy", /template\.yaml:3:\d+: error: .*templtae/],
    ["an unknown option", "--nope good.yaml", /unknown option '--nope'/],
    ["an unknown backend", "good.yaml pbs", /Allowed choices are slurm, gridengine, sge, dummy/],
    ["a time that is no number", "-ct soon good.yaml", /--check-timeout.*soon.*whole number/],
    ["a variable without a value", "-x a= -- good.yaml", /--extra-vars.*name=value/],
    ["too many arguments", "good.yaml dummy more", /too many arguments/],
  ];
  for (const [what, words, expected] of cases) {
    it(`the program refuses ${what} with a clear sentence`, async () => {
      const directory = directoryWith(files);
      const before = readdirSync(directory);
      const ended = await program(words.split(" ").filter(Boolean), { directory });
      expect(ended.stderr).toMatch(expected);
      expect(ended.stderr).not.toMatch(STACK);
      expect(ended).toMatchObject({ status: 2, stdout: "" });
      expect(readdirSync(directory)).toEqual(before);
    });
  }

  it("validate --json ends with 5 if stdout is full", async () => {
    const directory = directoryWith(files);
    mkdirSync(join(directory, "logs"));
    const line = "$PROGRAM validate good.yaml --json > /dev/full";
    const ended = await shell(line, { directory });
    expect(ended.status).toBe(5);
    expect(ended.stderr).toContain("standard output could not be written");
    expect(ended.stderr).not.toMatch(STACK);
  });
});
