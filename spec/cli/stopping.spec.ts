/** Specs of how a user stops the program: Ctrl-C in a terminal, signals, and the background. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runProgram } from "../support/fixture.js";
import {
  alive,
  CTRL_C,
  directoryWith,
  ensembleOf,
  eventsIn,
  eventually,
  fileOf,
  shell,
  start,
  terminal,
} from "../support/program.js";

/** A job with a child process. The job records both pids, and runs until a file `go` exists. */
const HELD =
  "sleep 1000 & echo $! > child; echo $$ > pid; until [ -e ../../go ]; do sleep 0.05; done; kill $!; echo done > result";

const LINE = "$PROGRAM ensemble.yaml dummy -ms 0";

const ensembleOfHeldJobs = (maxruns: number) => {
  const directory = ensembleOf(3, HELD, { maxruns });
  return { directory, path: (name: string) => join(directory, "work/b-0", name) };
};

const processesOf = async (path: (name: string) => string) => [await fileOf(path("pid")), await fileOf(path("child"))];

const eventuallyGone = (pids: readonly string[]) =>
  eventually(() => !pids.some(alive), `${pids.join(", ")} are still running`);

describe("Ctrl-C in a terminal", () => {
  it("one Ctrl-C lets runs in progress end, and no other run starts", async () => {
    const { directory, path } = ensembleOfHeldJobs(1);
    const running = terminal(LINE, { directory });
    await processesOf(path);
    running.type(CTRL_C);
    await running.until(/Ctrl-C|stop/i);
    await shell("touch go", { directory });
    expect((await running.ended).status).toBe(130);
    expect(readFileSync(path("result"), "utf8")).toBe("done\n");
    expect(existsSync(join(directory, "work/b-1"))).toBe(false);
  });

  it("after one Ctrl-C, runs without a job get none, and the next start goes on before their jobs", async () => {
    const directory = ensembleOf(3, HELD, {
      maxruns: 1,
      more: "      maxruns: 3\n      pre_run: [{name: execute, args: {cmd: echo >> made}}]\n",
    });
    const path = (name: string) => join(directory, "work", name);
    const running = terminal(LINE, { directory });
    await Promise.all([fileOf(path("b-0/pid")), fileOf(path("b-2/made"))]);
    running.type(CTRL_C);
    await running.until(/Ctrl-C|stop/i);
    await shell("touch go", { directory });
    expect((await running.ended).status).toBe(130);
    expect(["b-0", "b-1", "b-2"].map((run) => existsSync(path(`${run}/result`)))).toEqual([true, false, false]);
    expect((await shell(LINE, { directory })).status).toBe(0);
    for (const run of ["b-0", "b-1", "b-2"]) expect(readFileSync(path(`${run}/made`), "utf8"), run).toBe("\n");
    expect(readFileSync(path("b-2/result"), "utf8")).toBe("done\n");
  });

  it("a second Ctrl-C ends all jobs with their children", async () => {
    const { directory, path } = ensembleOfHeldJobs(1);
    const running = terminal(LINE, { directory });
    const pids = await processesOf(path);
    running.type(CTRL_C);
    await running.until(/Ctrl-C|stop/i);
    running.type(CTRL_C);
    expect((await running.ended).status).toBe(130);
    await eventuallyGone(pids);
    expect(existsSync(path("result"))).toBe(false);
  });

  it("a third Ctrl-C ends the program at once, even if a job ignores signals", async () => {
    const directory = ensembleOf(1, `trap '' TERM INT HUP; ${HELD}`);
    const running = terminal(LINE, { directory });
    const pids = await processesOf((name) => join(directory, "work/b-0", name));
    running.type(CTRL_C);
    await running.until(/Ctrl-C|stop/i);
    running.type(CTRL_C);
    await running.until(/interrupting|was stopped/);
    running.type(CTRL_C);
    expect((await running.ended).status).toBe(130);
    await eventuallyGone(pids);
  });
});

/** The jobs outlive the program. The same command resumes, and repeats nothing. */
const expectResumable = async (directory: string, path: (name: string) => string, pids: readonly string[]) => {
  expect(pids.every(alive), "a job has ended").toBe(true);
  await shell("touch go", { directory });
  await eventually(() => existsSync(path("result")), "the job has stopped");
  const { status, events } = await runProgram(["ensemble.yaml", "dummy", "-ms", "0"], directory);
  expect(status).toBe(0);
  expect(events.at(-1)).toMatchObject({ ok: true, succeeded: 3 });
  expect(readFileSync(path("result"), "utf8")).toBe("done\n");
  await eventuallyGone(pids);
};

describe("signals", () => {
  for (const [signal, status] of [
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    it(`${signal} ends the program, and jobs continue until the same command resumes`, async () => {
      const { directory, path } = ensembleOfHeldJobs(2);
      const running = start(["ensemble.yaml", "dummy", "-ms", "0", "--json"], { directory });
      const pids = await processesOf(path);
      running.child.kill(signal);
      const { status: ended, stdout } = await running.ended;
      expect(ended).toBe(status);
      expect(eventsIn(stdout).at(-1)).toMatchObject({ type: "ensemble.finished", ok: false, interrupted: 3 });
      await expectResumable(directory, path, pids);
    });
  }

  for (const [signals, status] of [
    [["SIGTERM"], 143],
    [["SIGINT", "SIGINT"], 130],
  ] as const) {
    it(`${signals.join(" and ")} ends a program that still waits for its configuration`, async () => {
      const directory = directoryWith({});
      const waiting = shell(
        "mkfifo late.yaml; $PROGRAM late.yaml dummy --state-dir state --json > events & echo $! > pid; wait $!",
        {
          directory,
        },
      );
      const pid = Number(await fileOf(join(directory, "pid")));
      await fileOf(join(directory, "events"));
      for (const signal of signals) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        process.kill(pid, signal);
      }
      expect((await waiting).status).toBe(status);
    });
  }

  it("SIGTERM ends the program with status 143 even if the reader of --json has stopped reading", async () => {
    const directory = ensembleOf(300, "true");
    const line = `mkfifo events; sleep 1000 < events & sleeper=$!
      $PROGRAM ensemble.yaml --simulate time=1000s -ms 0 --json > events & echo $! > pid
      wait $!; status=$?; kill $sleeper; exit $status`;
    const ended = shell(line, { directory });
    const log = join(directory, "logs/ensemble.yaml.log");
    await eventually(() => existsSync(log) && readFileSync(log, "utf8").includes("b-299: job"), "b-299 does not start");
    process.kill(Number(await fileOf(join(directory, "pid"))), "SIGTERM");
    const { status, stderr } = await ended;
    expect(stderr).toContain("its reader has stopped reading");
    expect(status).toBe(143);
  });

  it("the program ends with status 129 if its terminal closes, and the same command resumes", async () => {
    const { directory, path } = ensembleOfHeldJobs(1);
    // The shell, which gets the SIGHUP of the terminal, passes it on, as an interactive one does, and notes how the program ends.
    const waiting = 'pid=$!; trap "kill -HUP $pid" HUP; wait $pid; wait $pid; echo $? > status';
    const running = terminal(`echo $$ > shell; ${LINE} & ${waiting}`, { directory });
    const [pids, shellPid] = [await processesOf(path), await fileOf(join(directory, "shell"))];
    running.child.kill("SIGKILL");
    await eventuallyGone([shellPid]);
    expect(await fileOf(join(directory, "status"))).toBe("129");
    await expectResumable(directory, path, pids);
  });
});

describe("-d", () => {
  const started = async (directory: string, words = "") => {
    const { status, stderr } = await shell(`$PROGRAM -d ensemble.yaml dummy -ms 0 ${words}`, { directory });
    return { status, stderr, pid: /pid (\d+)/.exec(stderr)?.[1] ?? "" };
  };

  it("-d runs the ensemble in the background, prints its pid, and logs", async () => {
    const { directory, path } = ensembleOfHeldJobs(3);
    const { status, stderr, pid } = await started(directory);
    expect(status).toBe(0);
    expect(stderr).toContain(join(directory, "logs/ensemble.yaml.log"));
    await processesOf(path);
    // The background process has its own session: neither Ctrl-C nor a closed terminal reaches it.
    expect(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[3]).toBe(pid);
    await shell("touch go", { directory });
    await eventually(() => !alive(pid), "the program does not end");
    expect(readFileSync(path("result"), "utf8")).toBe("done\n");
    const log = readFileSync(join(directory, "logs/ensemble.yaml.log"), "utf8");
    expect(log).toContain("b-2");
  });

  it("SIGINT to the background process lets runs in progress end", async () => {
    const { directory, path } = ensembleOfHeldJobs(1);
    const { pid } = await started(directory);
    await processesOf(path);
    process.kill(Number(pid), "SIGINT");
    await eventually(
      () => /stop|SIGINT/i.test(readFileSync(join(directory, "logs/ensemble.yaml.log"), "utf8")),
      "the log does not mention the stop",
    );
    await shell("touch go", { directory });
    await eventually(() => !alive(pid), "the program does not end");
    expect(existsSync(path("result"))).toBe(true);
    expect(existsSync(join(directory, "work/b-1"))).toBe(false);
  });

  it("--log names another file for the log of -d, and the directory logs is not made", async () => {
    const directory = ensembleOf(1, "true");
    const { status, stderr, pid } = await started(directory, "--log elsewhere/my.log");
    expect(status).toBe(0);
    expect(stderr).toContain(`log ${join(directory, "elsewhere/my.log")}`);
    await eventually(() => !alive(pid), "the program does not end");
    const log = readFileSync(join(directory, "elsewhere/my.log"), "utf8");
    expect(log).toContain("b-0 succeeded");
    expect(log).toContain("look at      elsewhere/my.log");
    expect(existsSync(join(directory, "logs"))).toBe(false);
  });

  it("-d whose log cannot be written starts nothing, and says why with exit status 5", async () => {
    const directory = ensembleOf(1, "true");
    const { status, stderr } = await started(directory, "--log not/there/my.log");
    expect(status).toBe(5);
    expect(stderr).toContain("not/there");
    expect(existsSync(join(directory, "work"))).toBe(false);
  });

  it("-d reports mistakes of the configuration before it detaches", async () => {
    const directory = ensembleOf(1, "echo {{ run.nothing }}");
    const { status, stderr } = await started(directory);
    expect(status).toBe(2);
    expect(stderr).toMatch(/job\.sh\.liquid:2:\d+: error: .*nothing/);
    expect(existsSync(join(directory, "logs"))).toBe(false);
  });

  it("-d --json writes the events to the given stdout", async () => {
    const directory = ensembleOf(2, "true");
    const { status, pid } = await started(directory, "--json > events");
    expect(status).toBe(0);
    await eventually(() => !alive(pid), "the program does not end");
    expect(eventsIn(readFileSync(join(directory, "events"), "utf8")).at(-1)).toMatchObject({ ok: true });
  });
});
