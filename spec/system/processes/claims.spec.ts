/** Claims of commands: a later start learns how a command ended, and the command itself runs as it would without a claim. */
import { spawnSync, spawn as start } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tap } from "rxjs";
import { describe, expect, it, onTestFinished } from "vitest";
import { claiming, UNCLAIMED } from "../../../lib/system/processes/claim-shell.js";
import { openClaims, TAKEN, type Trace, take, traceOf } from "../../../lib/system/processes/claims.js";
import { bootId } from "../../../lib/system/processes/process-identity.js";
import { reattach$, trace$ } from "../../../lib/system/processes/reattach.js";
import { emitted } from "../../support/emitted.js";
import { alive, eventually, fileOf } from "../../support/program.js";

const BOOT = bootId();
const place = () => {
  const directory = mkdtempSync(join(tmpdir(), "claim-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return { claim: join(directory, "claims/one"), at: (name: string) => join(directory, name), directory };
};

/** Runs a command line under a claim to its end. */
const ran = (line: string, claim = fresh()) => {
  const { file, arguments: args } = claiming(commandOf(line), claim);
  return { ...spawnSync(file, args, { encoding: "utf8" }), claim };
};
const fresh = () => {
  const { claim } = place();
  openClaims(join(claim, ".."));
  return claim;
};
/** Makes the file for which a command waits, once its trace shows that it runs. */
const letEnd = (go: string) => (trace: Trace) => {
  if (trace.is === "running") writeFileSync(go, "");
};
const commandOf = (line: string) => ({ file: "/bin/bash", arguments: ["-c", line], directory: "/", output: "" });

describe("a command under a claim", () => {
  it.each([0, 1, 3, 125, 126, 127])("a command under a claim keeps its exit status %d", (status) => {
    const { claim, ...ended } = ran(`exit ${status}`);
    expect(ended.status).toBe(status);
    expect(traceOf(claim, BOOT)).toEqual({ is: "ended", status, signal: null });
  });

  it.each(["TERM", "KILL", "SEGV"])("the claim names the signal that ended the command: %s", (signal) => {
    const { claim, stderr } = ran(`kill -${signal} $$`);
    expect(traceOf(claim, BOOT)).toEqual({ is: "ended", status: null, signal: `SIG${signal}` });
    expect(stderr).toBe("");
  });

  it("the shell around a command adds nothing to its output", () => {
    const { stdout, stderr } = ran("echo out; echo err >&2; kill -SEGV $$");
    expect({ stdout, stderr }).toEqual({ stdout: "out\n", stderr: "err\n" });
  });

  it("a command under a claim has the environment, descriptors, shell options and umask that it has without one", () => {
    const line = "env | grep -v -e ^_= -e ^SHLVL= | sort; ls /proc/self/fd | wc -l; echo $-; umask";
    const { file, arguments: args } = commandOf(line);
    expect(ran(line).stdout).toBe(spawnSync(file, args, { encoding: "utf8" }).stdout);
  });

  it("a command under a claim gets its arguments unchanged", () => {
    const args = ["-c", 'printf "%s|" "$@"', "name", "a b", "", "$HOME", "'\"", "*", "-n", "ö\nü"];
    const { file, arguments: all } = claiming({ ...commandOf(""), arguments: args }, fresh());
    expect(spawnSync(file, all, { encoding: "utf8" }).stdout).toBe("a b||$HOME|'\"|*|-n|ö\nü|");
  });

  /** Variables that some shell drops or changes, or that make it act differently. */
  const AWKWARD = {
    "BASH_FUNC_module%%": '() {  echo "ok $1"\n}',
    "a-b": "c d\n",
    "x.y": "$(echo no) `no` \\n",
    ...{ IFS: "o", OPTIND: "none", PPID: "1", LINENO: "x", RANDOM: "x", PS1: "$ ", PS4: "> " },
    ...{ SHELLOPTS: "errexit:noexec", POSIXLY_CORRECT: "1", BASH_ENV: "/no/file", BASH_VERSION: "3" },
  };

  it.each([
    ["/bin/dash", "env"],
    ["/bin/bash", "env"],
    ["/bin/dash", "./name=value"],
    ["/bin/bash", "./name=value"],
  ])("a command gets its environment untouched where /bin/sh is %s: %s", (target, file) => {
    const { directory, at } = place();
    symlinkSync(target, at("sh"));
    symlinkSync("/usr/bin/env", at("name=value"));
    const environment = { PATH: process.env["PATH"], ...AWKWARD };
    const { arguments: args, environment: env } = claiming({ file, arguments: ["-0"], environment }, fresh());
    const { stdout } = spawnSync(at("sh"), args, { encoding: "utf8", env, cwd: directory });
    const split = (entry: string) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)];
    const got = Object.fromEntries(stdout.split("\0").slice(0, -1).map(split)) as Record<string, string>;
    // Every shell sets these.
    const { _, SHLVL: __, PWD: ___, OLDPWD: ____, ...others } = got;
    expect(others).toEqual(environment);
  });

  it("a function that bash exports reaches the script under a claim", () => {
    const environment = { PATH: process.env["PATH"], ...AWKWARD, SHELLOPTS: undefined, POSIXLY_CORRECT: undefined };
    const { file, arguments: args, environment: env } = claiming({ ...commandOf("module load"), environment }, fresh());
    expect(spawnSync(file, args, { encoding: "utf8", env }).stdout).toBe("ok load\n");
  });

  it.each(["/bin/dash", "/bin/bash"])(
    "a claim survives the signals that its command sends to its own group: %s",
    (target) => {
      const { at } = place();
      symlinkSync(target, at("sh"));
      for (const signal of [
        "HUP",
        "INT",
        "QUIT",
        "ABRT",
        "USR1",
        "SEGV",
        "USR2",
        "PIPE",
        "ALRM",
        "TERM",
        "XCPU",
        "XFSZ",
        "IO",
      ]) {
        const claim = fresh();
        const { arguments: args } = claiming(
          commandOf(`trap '' ${signal}; kill -${signal} 0; kill -${signal} 0; exit 3`),
          claim,
        );
        // The group must not be that of the specs.
        const { status } = spawnSync("setsid", ["--wait", at("sh"), ...args]);
        expect([signal, status]).toEqual([signal, 3]);
        expect(traceOf(claim, BOOT)).toEqual({ is: "ended", status: 3, signal: null });
      }
    },
  );

  it("a command that dies of a signal to its own group is reported as ended by that signal", () => {
    const claim = fresh();
    const { file, arguments: args } = claiming(commandOf("kill -TERM 0; sleep 100"), claim);
    spawnSync("setsid", ["--wait", file, ...args]);
    expect(traceOf(claim, BOOT)).toEqual({ is: "ended", status: null, signal: "SIGTERM" });
  });

  it("no command is started under a claim that is taken or used", () => {
    const { claim, at } = place();
    expect(take(claim)).toBe(true);
    expect(ran(`touch ${at("started")}`, claim).status).toBe(UNCLAIMED);
    expect(existsSync(at("started"))).toBe(false);
    expect(readFileSync(claim, "utf8")).toBe(`${TAKEN}\n`);
    const once = ran("true");
    expect(ran(`touch ${at("started")}`, once.claim).status).toBe(UNCLAIMED);
    expect(existsSync(at("started"))).toBe(false);
  });

  it("a claim can be taken again and again until a command was started under it", () => {
    const { claim } = place();
    expect([take(claim), take(claim)]).toEqual([true, true]);
    expect(take(ran("true").claim)).toBe(false);
  });
});

describe("the trace of a command", () => {
  it("the claim of a running command tells its process id, then its exit status", async () => {
    const { at } = place();
    const claim = fresh();
    const { file, arguments: args } = claiming(
      commandOf(`until [ -e ${at("go")} ]; do sleep 0.05; done; exit 4`),
      claim,
    );
    const child = start(file, args, { stdio: "ignore" });
    await eventually(() => traceOf(claim, BOOT).is === "running", "the command does not run");
    expect(traceOf(claim, BOOT)).toEqual({ is: "running", pid: child.pid });
    const traces = await emitted(trace$(claim, BOOT).pipe(tap(letEnd(at("go")))));
    expect(traces.at(0)).toEqual({ is: "running", pid: child.pid });
    expect(traces.at(-1)).toEqual({ is: "ended", status: 4, signal: null });
    expect(await emitted(reattach$(claim, BOOT))).toEqual([{ status: 4, signal: null }]);
  });

  it("the end of a command is unknown if its shell was killed, even if another process has its id now", async () => {
    const claim = fresh();
    const { file, arguments: args } = claiming(commandOf("sleep 100"), claim);
    const child = start(file, args, { stdio: "ignore", detached: true });
    await eventually(() => traceOf(claim, BOOT).is === "running", "the command does not run");
    process.kill(-child.pid!, "SIGKILL");
    await eventually(() => traceOf(claim, BOOT).is === "unknown", "the killed command still counts as running");
    expect(await emitted(reattach$(claim, BOOT))).toEqual(["unknown"]);
    // This process now has the id in the claim, but other arguments.
    writeFileSync(claim, readFileSync(claim, "utf8").replace(/^\d+/, String(process.pid)));
    expect(traceOf(claim, BOOT)).toEqual({ is: "unknown" });
  });

  /** A command whose shell was killed, and which runs until there is a file `go`. */
  const orphaned = async (line: string) => {
    const { at, directory } = place();
    const claim = fresh();
    const { file, arguments: args } = claiming(commandOf(line), claim);
    const child = start(file, args, { stdio: "ignore", detached: true, cwd: directory });
    const pid = child.pid!;
    onTestFinished(() => void spawnSync("kill", ["-KILL", "--", `-${pid}`]));
    await eventually(() => existsSync(at("pid")), "the command does not run");
    process.kill(pid, "SIGKILL");
    await eventually(() => !alive(pid), "the shell is still there");
    return { at, claim, pid };
  };

  const OUTLIVES = "echo $$ > pid; until [ -e go ]; do sleep 0.02; done";

  it.each([
    ["the command", OUTLIVES],
    ["a child of it", `bash -c '${OUTLIVES}' & wait`],
    [
      "a child of it that has a file open there",
      `bash -c 'cd /; exec 3> "$OLDPWD/open"; cd "$OLDPWD"; ${OUTLIVES}' & wait`,
    ],
  ])("after kill -9 of its shell, a command still counts as running while there is %s", async (_, line) => {
    const { at, claim, pid } = await orphaned(line);
    expect(traceOf(claim, BOOT)).toEqual({ is: "running", pid, outlives: true });
    const traces = await emitted(trace$(claim, BOOT).pipe(tap(letEnd(at("go")))));
    expect(traces.at(-1)).toEqual({ is: "unknown", outlived: true });
  });

  it("a child counts as part of a command whose shell and main process were killed, if it works in its directory", async () => {
    const { at, claim, pid } = await orphaned(`bash -c '${OUTLIVES}' & echo $$ > main; wait`);
    const main = await fileOf(at("main"));
    process.kill(Number(main), "SIGKILL");
    await eventually(() => !alive(main), "the main process is still there");
    expect(traceOf(claim, BOOT)).toEqual({ is: "running", pid, outlives: true });
    // A group with the same number, but elsewhere: the number was given away again.
    writeFileSync(claim, readFileSync(claim, "utf8").replace(/^in .*$/m, "in /no/such/directory"));
    expect(traceOf(claim, BOOT)).toEqual({ is: "unknown" });
  });

  it("after a reboot, a claim tells only of commands that had ended", () => {
    const { claim } = place();
    expect(traceOf(claim, BOOT)).toEqual({ is: "absent" });
    expect(traceOf(claim, "another")).toEqual({ is: "unknown" });
    expect(traceOf(ran("exit 2").claim, "another")).toEqual({ is: "ended", status: 2, signal: null });
    const running = ran("true").claim;
    writeFileSync(running, readFileSync(running, "utf8").split("\n")[0]!.replace(BOOT, "another").concat("\n"));
    expect(traceOf(running, "another")).toEqual({ is: "unknown" });
  });

  it("a command that is found absent cannot be started late under its claim", async () => {
    const { claim, at } = place();
    expect(await emitted(reattach$(claim, BOOT))).toEqual([]);
    expect(ran(`touch ${at("late")}`, claim).status).toBe(UNCLAIMED);
    expect(existsSync(at("late"))).toBe(false);
  });
});

describe("claims", () => {
  it("the claim directory of an ended job is removed with its files", async () => {
    const claims = openClaims(place().directory);
    const path = claims.path("job");
    mkdirSync(path);
    writeFileSync(join(path, "ended"), "");
    claims.ended(path);
    claims.settle()();
    await eventually(() => !existsSync(path), "the claim was not removed");
  });

  it("the claim of an ended command is removed when the claims are settled, not before", async () => {
    const { claim } = ran("true");
    const claims = openClaims(join(claim, ".."));
    claims.ended(claim);
    const settled = claims.settle();
    expect(existsSync(claim)).toBe(true);
    settled();
    await eventually(() => !existsSync(claim), "the claim was not removed");
  });
});
