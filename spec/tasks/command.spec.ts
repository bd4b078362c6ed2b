import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Timestamp } from "../../lib/plan/values.js";
import { alive, eventually, fileOf } from "../support/program.js";
import { rig, task } from "./rig.js";

const holds = { holds: true };

describe("execute", () => {
  it("runs a command in the run's directory", async () => {
    const { look, inRun } = rig();
    expect(await look(task("execute", { cmd: "pwd > here" }))).toEqual(holds);
    expect(readFileSync(inRun("here"), "utf8")).toBe(`${inRun()}\n`);
  });

  it("fails with its exit status and the last that it printed", async () => {
    const { failure } = rig();
    expect(await failure(task("execute", { cmd: "seq 100; echo oh >&2; exit 3" }))).toEqual({
      reason: "command",
      command: "seq 100; echo oh >&2; exit 3",
      status: 3,
      signal: null,
      output: [...Array.from({ length: 19 }, (_, index) => index + 82), "oh"].join("\n"),
    });
    expect(await failure(task("execute", { cmd: "kill $$" }))).toMatchObject({ status: null, signal: "SIGTERM" });
    expect(await failure(task("execute", { cmd: "no-such-program" }))).toMatchObject({ status: 127 });
  });

  it("runs it in `cwd`, relative to where the task belongs, and that wins over the run's directory", async () => {
    const { look, failure, inRun, at } = rig();
    mkdirSync(inRun("below"));
    await look(task("execute", { cmd: "pwd > here", cwd: "below" }));
    expect(readFileSync(inRun("below/here"), "utf8")).toBe(`${inRun("below")}\n`);
    await look(task("execute", { cmd: "pwd > there", cwd: at("start") }));
    expect(existsSync(at("start/there"))).toBe(true);
    expect(await failure(task("execute", { cmd: "true", cwd: "nowhere" }))).toEqual({
      reason: "not_started",
      command: "true",
      message: `there is no directory ${inRun("nowhere")}`,
    });
  });

  it("runs it in the shell of the command line, or the task's own", async () => {
    const { look, failure, inRun, at } = rig({ settings: { shell: "/bin/sh" }, variables: { shell: "/bin/bash" } });
    await look(task("execute", { cmd: 'echo "$0" > shell' }));
    expect(readFileSync(inRun("shell"), "utf8")).toBe("/bin/sh\n");
    await look(task("execute", { cmd: 'echo "$0" > shell', shell: "run.shell" }));
    expect(readFileSync(inRun("shell"), "utf8")).toBe("/bin/bash\n");
    expect(await failure(task("execute", { cmd: "true", shell: at("no-shell") }))).toMatchObject({
      reason: "not_started",
      message: `there is no program ${at("no-shell")}`,
    });
  });

  it("takes a date as it was written", async () => {
    const { look, inRun } = rig({ variables: { start: new Timestamp("2020-1-5 06:30:00 +1") } });
    mkdirSync(inRun("2020-1-5 06:30:00 +1"));
    await look(task("execute", { cmd: "touch here", cwd: "run.start" }));
    expect(existsSync(inRun("2020-1-5 06:30:00 +1/here"))).toBe(true);
  });

  it("keeps what it prints in a log, if that is wanted, and names it if it fails", async () => {
    const { look, failure, inRun } = rig();
    await look(task("execute", { cmd: "echo said; echo shouted >&2", log: true }));
    const [log = ""] = readdirSync(inRun());
    expect(log).toMatch(/^execute_command\.\d{6}\.\d{6}\.log$/);
    expect(readFileSync(inRun(log), "utf8")).toBe("said\nshouted\n");
    const failed = await failure(task("execute", { cmd: "echo oh; false", log: true }));
    expect(failed).toMatchObject({ output: "oh", log: inRun(readdirSync(inRun()).find((name) => name !== log) ?? "") });
  });

  it("logs into the command's own directory, and makes no log of nothing", async () => {
    const { look, inRun } = rig();
    mkdirSync(inRun("below"));
    await look(task("execute", { cmd: "echo said", cwd: "below", log: true }));
    await look(task("execute", { cmd: "true", log: true }));
    expect(readdirSync(inRun("below"))).toHaveLength(1);
    expect(readdirSync(inRun())).toEqual(["below"]);
  });

  it("has a log for each of many commands at once", async () => {
    const { look, inRun } = rig();
    await Promise.all(Array.from({ length: 10 }, () => look(task("execute", { cmd: "echo said", log: true }))));
    expect(readdirSync(inRun())).toHaveLength(10);
  });

  it("leaves nothing of what it printed behind, and nobody else could read it", async () => {
    const { look, scratch } = rig();
    await look(task("execute", { cmd: `ls -A ${scratch} | grep -q out` }));
    expect(statSync(scratch).mode & 0o777).toBe(0o700);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it("ends with all that it started when it is let go of", async () => {
    const { does, inRun, scratch } = rig();
    const doing = does(task("execute", { cmd: "sleep 1000 & echo $! > child; wait" })).subscribe();
    const child = await fileOf(inRun("child"));
    doing.unsubscribe();
    await eventually(() => !alive(child), `${child} is still there`);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it("hands values to the shell as they are, and nothing into what was not said", async () => {
    const { failure, look, inRun } = rig({ variables: { cmd: "echo '$5 \"x\"' > out", nothing: null, list: [1] } });
    await look(task("execute", { cmd: "run.cmd" }));
    expect(readFileSync(inRun("out"), "utf8")).toBe('$5 "x"\n');
    for (const [argument, value, message] of [
      ["cmd", "run.nothing", "`run.nothing` stands for nothing"],
      ["cmd", "run.missing", "`run.missing` stands for nothing"],
      ["cwd", "run.list", "it has to be a text that is not empty, and is a list"],
      ["cmd", "", "it has to be a text that is not empty, and is empty"],
      ["log", "run.cmd", "it has to be true or false, and is "],
    ] as const) {
      const found = await failure(task("execute", { cmd: "true", [argument]: value }));
      expect(found).toMatchObject({ reason: "refused", path: argument });
      expect(found).toHaveProperty("message", expect.stringContaining(message));
    }
  });

  it("says that it cannot write its log", async () => {
    const { failure } = rig();
    expect(await failure(task("execute", { cmd: "true", cwd: "/proc/self", log: true }))).toMatchObject({
      reason: "directory",
      directory: expect.stringMatching(/^\/proc\/self\/execute_command/) as string,
    });
  });
});

describe("check", () => {
  it("holds when its command ends well", async () => {
    const { look, inRun } = rig();
    const ready = task("check", { cmd: "test -e ready" });
    expect(await look(ready)).toEqual({ holds: false, message: "`test -e ready` ended with exit status 1" });
    writeFileSync(inRun("ready"), "");
    expect(await look(ready)).toEqual(holds);
  });

  it.each([true, 1, "run.strict"])("with `fail: %s`, fails where it does not hold", async (fail) => {
    const { failure } = rig({ variables: { strict: true } });
    expect(await failure(task("check", { cmd: "echo done; exit 1", fail }))).toEqual({
      reason: "check",
      command: "echo done; exit 1",
      status: 1,
      signal: null,
      output: "done",
    });
  });

  it("waits for a directory that is yet to be made, unless it is to fail", async () => {
    const { look, failure, inRun } = rig();
    const words = { cmd: "true", cwd: "later" };
    expect(await look(task("check", words))).toEqual({
      holds: false,
      message: `\`true\` could not be started: there is no directory ${inRun("later")}`,
    });
    expect(await failure(task("check", { ...words, fail: true }))).toMatchObject({ reason: "not_started" });
    mkdirSync(inRun("later"));
    expect(await look(task("check", words))).toEqual(holds);
  });
});

describe("jobs", () => {
  it("holds while there are fewer than `limit` whose names start with `match`", async () => {
    const { look } = rig({ variables: { many: "3" }, jobs: (match) => (match === "b" ? 2 : 5) });
    expect(await look(task("jobs", { limit: 3, match: "b" }))).toEqual(holds);
    expect(await look(task("jobs", { limit: "run.many", match: "b" }))).toEqual(holds);
    expect(await look(task("jobs", { limit: 2, match: "b" }))).toEqual({
      holds: false,
      message: "2 jobs are in the scheduler, and there have to be fewer than 2",
    });
    expect(await look(task("jobs", { limit: 3, match: "" }))).toMatchObject({ holds: false });
  });

  it("refuses a limit that is none", async () => {
    const { failure } = rig({ variables: { limit: "few" } });
    expect(await failure(task("jobs", { limit: "run.limit", match: "b" }))).toMatchObject({
      reason: "refused",
      path: "limit",
      message: 'it has to be a whole number, and is "few"',
    });
  });
});

describe("quota", () => {
  const head = "Disk quotas for user ada (uid 1000): ";
  const table = (...rows: readonly string[]) =>
    [head, "     Filesystem  blocks   quota   limit   grace   files   quota   limit   grace", ...rows].join("\n");

  /** With a `quota` on PATH that prints this, and takes down what it was asked. */
  const quota = async (printed: string, status = 0, args: Readonly<Record<string, unknown>> = { atleast: 1000 }) => {
    const { look, failure, at } = rig();
    writeFileSync(at("printed"), printed);
    writeFileSync(at("quota"), `#!/bin/sh\necho "$LC_ALL $*" > ${at("asked")}\ncat ${at("printed")}\nexit ${status}\n`);
    chmodSync(at("quota"), 0o755);
    const { PATH } = process.env;
    process.env.PATH = `${at()}:${PATH ?? ""}`;
    try {
      const found = (await failure(task("quota", args))) ?? (await look(task("quota", args)));
      return { found, asked: readFileSync(at("asked"), "utf8").trim() };
    } finally {
      process.env.PATH = PATH;
    }
  };

  it("asks quota for the user's own, in English, and holds when enough is left", async () => {
    const row = "      /dev/sda1   40000   90000  100000            1234       0       0        ";
    expect(await quota(table(row), 0, { atleast: 50000 })).toEqual({ found: holds, asked: "C -uw" });
    expect(await quota(table(row), 0, { atleast: "50001", mnt: "/home" })).toEqual({
      found: { holds: false, message: "50000 kB of quota are left on /dev/sda1, and 50001 kB have to be" },
      asked: "C -uw -f /home",
    });
  });

  it("understands who is over it, and exit status 1", async () => {
    const row = "server:/vol/home users  90500*  90000  100000   6days    1234*      0       0   none";
    expect((await quota(table(row), 1)).found).toEqual({
      holds: false,
      message: "-500 kB of quota are left on server:/vol/home users, and 1000 kB have to be",
    });
  });

  it("looks at the last of several file systems", async () => {
    const full = "      /dev/sda1  100000*  90000  100000   6days       1       0       0        ";
    const empty = "      /dev/sdb1       0  900000 1000000               1       0       0        ";
    expect((await quota(table(full, empty), 1)).found).toEqual(holds);
    expect((await quota(table(empty, full), 1)).found).toMatchObject({ holds: false });
  });

  it("goes by the limit that there is", async () => {
    const row = (soft: number, hard: number) => `      /dev/sda1   40000  ${soft}  ${hard}      1   0   0`;
    expect((await quota(table(row(0, 40500)))).found).toMatchObject({ holds: false });
    expect((await quota(table(row(0, 0)))).found).toEqual(holds);
  });

  it("fails where there is none to ask about: it would wait for ever", async () => {
    expect((await quota(`${head}none`)).found).toMatchObject({ reason: "refused", path: "quota" });
    const unknown = "quota: Mountpoint (or device) /x not found or has no quota enabled.\n";
    expect((await quota(unknown, 1, { atleast: 1, mnt: "/x" })).found).toMatchObject({ reason: "refused" });
  });

  it("looks again where there is no answer for now", async () => {
    expect((await quota("quota: error while getting quota from server:/home\n", 1)).found).toEqual({
      holds: false,
      message: "`quota -uw` tells of no quota: quota: error while getting quota from server:/home",
    });
    expect((await quota("", 1)).found).toEqual({
      holds: false,
      message: "`quota -uw` tells of no quota: nothing, and exit status 1",
    });
  });

  it("says that there is no such program", async () => {
    const { failure } = rig();
    const { PATH } = process.env;
    process.env.PATH = "/nowhere";
    try {
      expect(await failure(task("quota", { atleast: 1 }))).toEqual({
        reason: "not_started",
        command: "quota -uw",
        message: "there is no program quota; install the package quota",
      });
    } finally {
      process.env.PATH = PATH;
    }
  });
});
