import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Timestamp } from "../../lib/plan/values.js";
import { lastOf } from "../support/emitted.js";
import { alive, eventually, fileOf } from "../support/program.js";
import { rig, task } from "./rig.js";

const holds = { holds: true };

describe("execute", () => {
  it("execute runs a command in the run's directory", async () => {
    const { perform, inRun } = rig();
    expect(await perform(task("execute", { cmd: "pwd > here" }))).toEqual(holds);
    expect(readFileSync(inRun("here"), "utf8")).toBe(`${inRun()}\n`);
  });

  it("execute fails with the exit status and the last lines of output", async () => {
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

  it("execute runs the command in `cwd`, relative to the run's directory or absolute", async () => {
    const { perform, failure, inRun, at } = rig();
    mkdirSync(inRun("below"));
    await perform(task("execute", { cmd: "pwd > here", cwd: "below" }));
    expect(readFileSync(inRun("below/here"), "utf8")).toBe(`${inRun("below")}\n`);
    await perform(task("execute", { cmd: "pwd > there", cwd: at("start") }));
    expect(existsSync(at("start/there"))).toBe(true);
    expect(await failure(task("execute", { cmd: "true", cwd: "nowhere" }))).toEqual({
      reason: "not_started",
      command: "true",
      message: `there is no directory ${inRun("nowhere")}`,
    });
  });

  it("execute takes the shell of the settings, or the task's own", async () => {
    const { perform, failure, inRun, at } = rig({ settings: { shell: "/bin/sh" }, variables: { shell: "/bin/bash" } });
    await perform(task("execute", { cmd: 'echo "$0" > shell' }));
    expect(readFileSync(inRun("shell"), "utf8")).toBe("/bin/sh\n");
    await perform(task("execute", { cmd: 'echo "$0" > shell', shell: "run.shell" }));
    expect(readFileSync(inRun("shell"), "utf8")).toBe("/bin/bash\n");
    expect(await failure(task("execute", { cmd: "true", shell: at("no-shell") }))).toMatchObject({
      reason: "not_started",
      message: `there is no program ${at("no-shell")}`,
    });
  });

  it("execute takes a date as the user wrote it", async () => {
    const { perform, inRun } = rig({ variables: { start: new Timestamp("2020-1-5 06:30:00 +1") } });
    mkdirSync(inRun("2020-1-5 06:30:00 +1"));
    await perform(task("execute", { cmd: "touch here", cwd: "run.start" }));
    expect(existsSync(inRun("2020-1-5 06:30:00 +1/here"))).toBe(true);
  });

  it("all polls of a check share one log, which holds the output of the last", async () => {
    const { perform$, inRun } = rig();
    const poll$ = perform$(task("check", { cmd: "echo x >> ../count; wc -l < ../count; false", log: true }));
    for (let poll = 0; poll < 3; poll++) await lastOf(poll$);
    const logs = readdirSync(inRun()).filter((name) => name.endsWith(".log"));
    expect(logs).toEqual([expect.stringMatching(/^execute_command\.\d{6}\.\d{6}\.log$/)]);
    expect(readFileSync(inRun(logs[0]!), "utf8").trim()).toBe("3");
  });

  it("with `log`, execute keeps the output in a log and names it in a failure", async () => {
    const { perform, failure, inRun } = rig();
    await perform(task("execute", { cmd: "echo said; echo shouted >&2", log: true }));
    const [log = ""] = readdirSync(inRun());
    expect(log).toMatch(/^execute_command\.\d{6}\.\d{6}\.log$/);
    expect(readFileSync(inRun(log), "utf8")).toBe("said\nshouted\n");
    const failed = await failure(task("execute", { cmd: "echo oh; false", log: true }));
    expect(failed).toMatchObject({ output: "oh", log: inRun(readdirSync(inRun()).find((name) => name !== log) ?? "") });
  });

  it("execute logs into the directory of the command, and makes no log for an empty output", async () => {
    const { perform, inRun } = rig();
    mkdirSync(inRun("below"));
    await perform(task("execute", { cmd: "echo said", cwd: "below", log: true }));
    await perform(task("execute", { cmd: "true", log: true }));
    expect(readdirSync(inRun("below"))).toHaveLength(1);
    expect(readdirSync(inRun())).toEqual(["below"]);
  });

  it("each of many concurrent commands has its own log", async () => {
    const { perform, inRun } = rig();
    await Promise.all(Array.from({ length: 10 }, () => perform(task("execute", { cmd: "echo said", log: true }))));
    expect(readdirSync(inRun())).toHaveLength(10);
  });

  it("execute keeps output where only its owner can read it, and removes it", async () => {
    const { perform, scratch } = rig();
    await perform(task("execute", { cmd: `ls -A ${scratch} | grep -q out` }));
    expect(statSync(scratch).mode & 0o777).toBe(0o700);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it("unsubscribing from execute ends the command and its children", async () => {
    const { perform$, inRun, scratch } = rig();
    const running = perform$(task("execute", { cmd: "sleep 1000 & echo $! > child; wait" })).subscribe();
    const child = await fileOf(inRun("child"));
    running.unsubscribe();
    await eventually(() => !alive(child), `${child} is still there`);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it("execute gives values to the shell unchanged, and refuses arguments without a value or of the wrong type", async () => {
    const { failure, perform, inRun } = rig({ variables: { cmd: "echo '$5 \"x\"' > out", nothing: null, list: [1] } });
    await perform(task("execute", { cmd: "run.cmd" }));
    expect(readFileSync(inRun("out"), "utf8")).toBe('$5 "x"\n');
    for (const [argument, value, message] of [
      ["cmd", "run.nothing", "`run.nothing` has no value"],
      ["cmd", "run.missing", "`run.missing` has no value"],
      ["cwd", "run.list", "it must be a text that is not empty, but is a list"],
      ["cmd", "", "it must be a text that is not empty, but is empty"],
      ["log", "run.cmd", "it must be true or false, but is "],
    ] as const) {
      const found = await failure(task("execute", { cmd: "true", [argument]: value }));
      expect(found).toMatchObject({ reason: "refused", path: argument });
      expect(found).toHaveProperty("message", expect.stringContaining(message));
    }
  });

  it("execute fails with the path of a log that it cannot write", async () => {
    const { failure } = rig();
    expect(await failure(task("execute", { cmd: "true", cwd: "/proc/self", log: true }))).toMatchObject({
      reason: "directory",
      directory: expect.stringMatching(/^\/proc\/self\/execute_command/) as string,
    });
  });
});

describe("check", () => {
  it("check holds when its command succeeds", async () => {
    const { perform, inRun } = rig();
    const ready = task("check", { cmd: "test -e ready" });
    expect(await perform(ready)).toEqual({ holds: false, message: "`test -e ready` ended with exit status 1" });
    writeFileSync(inRun("ready"), "");
    expect(await perform(ready)).toEqual(holds);
  });

  it.each([true, 1, "run.strict"])("a check with `fail: %s` fails if it does not hold", async (fail) => {
    const { failure } = rig({ variables: { strict: true } });
    expect(await failure(task("check", { cmd: "echo done; exit 1", fail }))).toEqual({
      reason: "check",
      command: "echo done; exit 1",
      status: 1,
      signal: null,
      output: "done",
    });
  });

  it("check waits for a directory that does not exist yet, unless `fail` is set", async () => {
    const { perform, failure, inRun } = rig();
    const args = { cmd: "true", cwd: "later" };
    expect(await perform(task("check", args))).toEqual({
      holds: false,
      message: `\`true\` could not be started: there is no directory ${inRun("later")}`,
    });
    expect(await failure(task("check", { ...args, fail: true }))).toMatchObject({ reason: "not_started" });
    mkdirSync(inRun("later"));
    expect(await perform(task("check", args))).toEqual(holds);
  });
});

describe("jobs", () => {
  it("jobs holds while fewer than `limit` jobs have a name that starts with `match`", async () => {
    const { perform } = rig({ variables: { many: "3" }, jobs: (match) => (match === "b" ? 2 : 5) });
    expect(await perform(task("jobs", { limit: 3, match: "b" }))).toEqual(holds);
    expect(await perform(task("jobs", { limit: "run.many", match: "b" }))).toEqual(holds);
    expect(await perform(task("jobs", { limit: 2, match: "b" }))).toEqual({
      holds: false,
      message: "2 jobs are in the scheduler; the check waits for fewer than 2",
    });
    expect(await perform(task("jobs", { limit: 3, match: "" }))).toMatchObject({ holds: false });
  });

  it("jobs refuses a limit that is not a number", async () => {
    const { failure } = rig({ variables: { limit: "few" } });
    expect(await failure(task("jobs", { limit: "run.limit", match: "b" }))).toMatchObject({
      reason: "refused",
      path: "limit",
      message: 'it must be a whole number, but is "few"',
    });
  });
});

describe("quota", () => {
  const head = "Disk quotas for user ada (uid 1000): ";
  const table = (...rows: readonly string[]) =>
    [head, "     Filesystem  blocks   quota   limit   grace   files   quota   limit   grace", ...rows].join("\n");

  /** Puts a `quota` on PATH that prints this text and records its arguments. */
  const quota = async (printed: string, status = 0, args: Readonly<Record<string, unknown>> = { atleast: 1000 }) => {
    const { perform, failure, at } = rig();
    writeFileSync(at("printed"), printed);
    writeFileSync(at("quota"), `#!/bin/sh\necho "$LC_ALL $*" > ${at("asked")}\ncat ${at("printed")}\nexit ${status}\n`);
    chmodSync(at("quota"), 0o755);
    const { PATH } = process.env;
    process.env.PATH = `${at()}:${PATH ?? ""}`;
    try {
      const found = (await failure(task("quota", args))) ?? (await perform(task("quota", args)));
      return { found, asked: readFileSync(at("asked"), "utf8").trim() };
    } finally {
      process.env.PATH = PATH;
    }
  };

  it("quota runs `quota -uw` in English and holds when enough is left", async () => {
    const row = "      /dev/sda1   40000   90000  100000            1234       0       0        ";
    expect(await quota(table(row), 0, { atleast: 50000 })).toEqual({ found: holds, asked: "C -uw" });
    expect(await quota(table(row), 0, { atleast: "50001", mnt: "/home" })).toEqual({
      found: { holds: false, message: "50000 kB of quota are left on /dev/sda1, and 50001 kB are needed" },
      asked: "C -uw -f /home",
    });
  });

  it("quota reads the row of a user who is over the limit, with exit status 1", async () => {
    const row = "server:/vol/home users  90500*  90000  100000   6days    1234*      0       0   none";
    expect((await quota(table(row), 1)).found).toEqual({
      holds: false,
      message: "-500 kB of quota are left on server:/vol/home users, and 1000 kB are needed",
    });
  });

  it("quota takes the last of several file systems", async () => {
    const full = "      /dev/sda1  100000*  90000  100000   6days       1       0       0        ";
    const empty = "      /dev/sdb1       0  900000 1000000               1       0       0        ";
    expect((await quota(table(full, empty), 1)).found).toEqual(holds);
    expect((await quota(table(empty, full), 1)).found).toMatchObject({ holds: false });
  });

  it("quota takes a limit of 0 as no limit", async () => {
    const row = (soft: number, hard: number) => `      /dev/sda1   40000  ${soft}  ${hard}      1   0   0`;
    expect((await quota(table(row(0, 40500)))).found).toMatchObject({ holds: false });
    expect((await quota(table(row(0, 0)))).found).toEqual(holds);
  });

  it("quota fails if the user has no quota, instead of waiting for ever", async () => {
    expect((await quota(`${head}none`)).found).toMatchObject({ reason: "refused", path: "quota" });
    const unknown = "quota: Mountpoint (or device) /x not found or has no quota enabled.\n";
    expect((await quota(unknown, 1, { atleast: 1, mnt: "/x" })).found).toMatchObject({ reason: "refused" });
  });

  it("quota does not hold while the file server gives no answer", async () => {
    expect((await quota("quota: error while getting quota from server:/home\n", 1)).found).toEqual({
      holds: false,
      message: "`quota -uw` shows no quota: quota: error while getting quota from server:/home",
    });
    expect((await quota("", 1)).found).toEqual({
      holds: false,
      message: "`quota -uw` shows no quota: no output, exit status 1",
    });
  });

  it("quota fails if the program quota is not installed", async () => {
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
