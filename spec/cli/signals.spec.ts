/** Specs of the signals that the program ignores, and of Ctrl-\, with the built program. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { alive, ensembleOf, eventually, fileOf, MAIN, program, shell, start, terminal } from "../support/program.js";

/** A job that records its pid, and runs until a file `go` exists. */
const HELD = "echo $$ > pid; until [ -e ../../go ]; do sleep 0.05; done; echo done > result";

const ENSEMBLE = ["ensemble.yaml", "dummy", "-ms", "0"];
const CTRL_BACKSLASH = "\x1c";

/** Whether this output leaves the cursor visible. */
const cursorVisible = (output: string) => output.lastIndexOf("\x1b[?25h") > output.lastIndexOf("\x1b[?25l");

describe("ignored signals", () => {
  it("SIGUSR1 and SIGUSR2 change nothing, and open no debugger", async () => {
    const directory = ensembleOf(1, HELD);
    const running = start(ENSEMBLE, { directory });
    await fileOf(join(directory, "work/b-0/pid"));
    running.child.kill("SIGUSR1");
    running.child.kill("SIGUSR2");
    await shell("touch go", { directory });
    const { status, stderr } = await running.ended;
    expect(status).toBe(0);
    expect(stderr).toContain("succeeded");
    expect(stderr).not.toContain("Debugger");
  });

  /** Runs this code in Node, then the program with `--version`, and tells whether a debugger is open by then. */
  const debuggerAfter = async (code: string, file: string, option = "") => {
    const script = `import inspector from "node:inspector";
      ${code}
      process.argv = [process.argv[0], ${JSON.stringify(file)}, "--version"];
      await import(${JSON.stringify(file)});
      setTimeout(() => console.log("debugger:", inspector.url() === undefined ? "closed" : "open"), 50);`;
    return shell(`'${process.execPath}' ${option} --input-type=module -e '${script}'`, {
      directory: ensembleOf(1, ""),
    });
  };

  it.each([
    ["opened before the first line of model_ensemble", "inspector.open(0);", MAIN],
    ["opened before the first line of model_ensemble_check", "inspector.open(0);", join(MAIN, "../check.js")],
    ["about to open", "setImmediate(() => inspector.open(0));", MAIN],
  ])("a debugger that was %s is closed", async (_, code, file) => {
    const { stdout, stderr } = await debuggerAfter(code, file);
    expect(stderr).toContain("Debugger listening");
    expect(stdout).toContain("debugger: closed");
  });

  it("a debugger for which the user asked stays open", async () => {
    expect((await debuggerAfter("", MAIN, "--inspect=0")).stdout).toContain("debugger: open");
  });

  it.each([
    ["nohup", "nohup $PROGRAM ensemble.yaml dummy -ms 0 & echo $! > started; wait $!"],
    ["a shell that ignores SIGHUP", "trap '' HUP; $PROGRAM ensemble.yaml dummy -ms 0 & echo $! > started; wait $!"],
    ["a script under nohup", "nohup bash script"],
  ])("an ensemble that %s starts goes on after SIGHUP", async (_, line) => {
    const directory = ensembleOf(2, HELD, { maxruns: 1 });
    const script = "$PROGRAM ensemble.yaml dummy -ms 0 & echo $! > started; wait $!";
    const ended = shell(`cat > script <<'END'\n${script}\nEND\n${line}`, { directory });
    await fileOf(join(directory, "work/b-0/pid"));
    process.kill(Number(await fileOf(join(directory, "started"))), "SIGHUP");
    await shell("touch go", { directory });
    const { status, stdout, stderr } = await ended;
    expect(status).toBe(0);
    expect(stdout + stderr).toContain("2 succeeded");
  });

  it("an ensemble that nohup starts in a terminal goes on after the terminal has closed", async () => {
    const directory = ensembleOf(2, HELD, { maxruns: 1 });
    // `env -i` removes the name of nohup from the environment: some shells do not set it there.
    const line = 'echo $$ > started; exec nohup env -i PATH="$PATH" $PROGRAM ensemble.yaml dummy -ms 0 > log 2>&1';
    const running = terminal(line, { directory });
    await fileOf(join(directory, "work/b-0/pid"));
    const pid = await fileOf(join(directory, "started"));
    running.child.kill("SIGKILL");
    process.kill(Number(pid), "SIGHUP");
    await shell("touch go", { directory });
    await eventually(() => !alive(pid), "the program does not end");
    expect(existsSync(join(directory, "work/b-1/result"))).toBe(true);
  });
});

describe("Ctrl-\\ in a terminal", () => {
  it("Ctrl-\\ ends the program with status 131 and a visible cursor, and jobs continue until the same command resumes", async () => {
    const directory = ensembleOf(1, HELD);
    const running = terminal("$PROGRAM ensemble.yaml dummy -ms 0", { directory });
    const job = await fileOf(join(directory, "work/b-0/pid"));
    await running.until("\x1b[?25l");
    running.type(CTRL_BACKSLASH);
    const { status, stdout } = await running.ended;
    expect(status).toBe(131);
    expect(stdout).toContain("was stopped (SIGQUIT)");
    expect(cursorVisible(stdout)).toBe(true);
    expect(alive(job)).toBe(true);
    await shell("touch go", { directory });
    await eventually(() => existsSync(join(directory, "work/b-0/result")), "the job has stopped");
    expect((await program(ENSEMBLE, { directory })).status).toBe(0);
    expect(readFileSync(join(directory, "work/b-0/pid"), "utf8").trim()).toBe(job);
  });

  it("Ctrl-\\ ends a replay, and the cursor is visible again", async () => {
    const directory = ensembleOf(1, "sleep 1");
    await program(ENSEMBLE, { directory });
    const running = terminal("$PROGRAM replay --speed 0.05 .ensemble/ensemble", { directory });
    await running.until("\x1b[?25l");
    running.type(CTRL_BACKSLASH);
    const { status, stdout } = await running.ended;
    expect(status).toBe(131);
    expect(cursorVisible(stdout)).toBe(true);
  });
});
