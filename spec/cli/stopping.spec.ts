import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { told } from "../support/fixture.js";
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

/** A job with a child of its own, which goes on until there is a file `go`, and tells of both. */
const HELD =
  "sleep 1000 & echo $! > child; echo $$ > pid; until [ -e ../../go ]; do sleep 0.05; done; kill $!; echo done > result";

const LINE = "$PROGRAM ensemble.yaml dummy -ms 0";

const held = (maxruns: number) => {
  const directory = ensembleOf(3, HELD, { maxruns });
  return { directory, path: (name: string) => join(directory, "work/b-0", name) };
};

const processesOf = async (path: (name: string) => string) => [await fileOf(path("pid")), await fileOf(path("child"))];

const gone = (pids: readonly string[]) => eventually(() => !pids.some(alive), `${pids.join(", ")} are still there`);

describe("Ctrl-C in a terminal", () => {
  it("once: lets runs in progress end and starts no other", async () => {
    const { directory, path } = held(1);
    const running = terminal(LINE, { directory });
    await processesOf(path);
    running.type(CTRL_C);
    await running.until(/Ctrl-C|stop/i);
    await shell("touch go", { directory });
    expect((await running.ended).status).toBe(130);
    expect(readFileSync(path("result"), "utf8")).toBe("done\n");
    expect(existsSync(join(directory, "work/b-1"))).toBe(false);
  });

  it("twice: lets go of everything, children included", async () => {
    const { directory, path } = held(1);
    const running = terminal(LINE, { directory });
    const pids = await processesOf(path);
    running.type(CTRL_C);
    await running.until(/Ctrl-C|stop/i);
    running.type(CTRL_C);
    expect((await running.ended).status).toBe(130);
    await gone(pids);
    expect(existsSync(path("result"))).toBe(false);
  });

  it("three times: ends at once, even if a job will not", async () => {
    const directory = ensembleOf(1, `trap '' TERM INT HUP; ${HELD}`);
    const running = terminal(LINE, { directory });
    const pids = await processesOf((name) => join(directory, "work/b-0", name));
    running.type(CTRL_C);
    await running.until(/Ctrl-C|stop/i);
    running.type(CTRL_C);
    await running.until(/letting go|was stopped/);
    running.type(CTRL_C);
    expect((await running.ended).status).toBe(130);
    await gone(pids);
  });
});

/** What was let go of goes on by itself; the same command takes it up, and nothing is done twice. */
const takenUp = async (directory: string, path: (name: string) => string, pids: readonly string[]) => {
  expect(pids.every(alive), "a job was ended").toBe(true);
  await shell("touch go", { directory });
  await eventually(() => existsSync(path("result")), "the job does not go on");
  const { status, events } = await told(["ensemble.yaml", "dummy", "-ms", "0"], directory);
  expect(status).toBe(0);
  expect(events.at(-1)).toMatchObject({ ok: true, succeeded: 3 });
  expect(readFileSync(path("result"), "utf8")).toBe("done\n");
  await gone(pids);
};

describe("signals", () => {
  for (const [signal, status] of [
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    it(`ends at ${signal}, and leaves to themselves what can be taken up again`, async () => {
      const { directory, path } = held(2);
      const running = start(["ensemble.yaml", "dummy", "-ms", "0", "--json"], { directory });
      const pids = await processesOf(path);
      running.child.kill(signal);
      const { status: ended, stdout } = await running.ended;
      expect(ended).toBe(status);
      expect(eventsIn(stdout).at(-1)).toMatchObject({ type: "ensemble.finished", ok: false, interrupted: 3 });
      await takenUp(directory, path, pids);
    });
  }

  for (const [signals, status] of [
    [["SIGTERM"], 143],
    [["SIGINT", "SIGINT"], 130],
  ] as const) {
    it(`ends at ${signals.join(" and ")} while it waits for a configuration that nobody writes`, async () => {
      const directory = directoryWith({});
      const waiting = shell("mkfifo late.yaml; $PROGRAM late.yaml dummy --json > events & echo $! > pid; wait $!", {
        directory,
      });
      const pid = Number(await fileOf(join(directory, "pid")));
      await fileOf(join(directory, "events"));
      for (const signal of signals) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        process.kill(pid, signal);
      }
      expect((await waiting).status).toBe(status);
    });
  }

  it("ends with the signal's status though its reader has fallen asleep", async () => {
    const directory = ensembleOf(300, "true");
    const line = `mkfifo events; sleep 1000 < events & sleeper=$!
      $PROGRAM ensemble.yaml --simulate time=1000s -ms 0 --json > events & echo $! > pid
      wait $!; status=$?; kill $sleeper; exit $status`;
    const ended = shell(line, { directory });
    const log = join(directory, "logs/ensemble.yaml.log");
    await eventually(() => existsSync(log) && readFileSync(log, "utf8").includes("b-299: job"), "it does not get on");
    process.kill(Number(await fileOf(join(directory, "pid"))), "SIGTERM");
    const { status, stderr } = await ended;
    expect(stderr).toContain("its reader takes nothing more");
    expect(status).toBe(143);
  });

  it("ends when its terminal is lost, and loses nothing", async () => {
    const { directory, path } = held(1);
    const running = terminal(`echo $$ > shell; exec ${LINE}`, { directory });
    const [pids, shellPid] = [await processesOf(path), await fileOf(join(directory, "shell"))];
    running.child.kill("SIGKILL");
    await gone([shellPid]);
    await takenUp(directory, path, pids);
  });
});

describe("-d", () => {
  const started = async (directory: string, words = "") => {
    const { status, stderr } = await shell(`$PROGRAM -d ensemble.yaml dummy -ms 0 ${words}`, { directory });
    return { status, stderr, pid: /pid (\d+)/.exec(stderr)?.[1] ?? "" };
  };

  it("goes on in the background, tells its pid, and logs", async () => {
    const { directory, path } = held(3);
    const { status, stderr, pid } = await started(directory);
    expect(status).toBe(0);
    expect(stderr).toContain(join(directory, "logs/ensemble.yaml.log"));
    await processesOf(path);
    // A session of its own: neither the terminal's end nor its Ctrl-C reaches it.
    expect(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[3]).toBe(pid);
    await shell("touch go", { directory });
    await eventually(() => !alive(pid), "it does not end");
    expect(readFileSync(path("result"), "utf8")).toBe("done\n");
    const log = readFileSync(join(directory, "logs/ensemble.yaml.log"), "utf8");
    expect(log).toContain("b-2");
  });

  it("lets runs end when it is told to stop", async () => {
    const { directory, path } = held(1);
    const { pid } = await started(directory);
    await processesOf(path);
    process.kill(Number(pid), "SIGINT");
    await eventually(
      () => /stop|SIGINT/i.test(readFileSync(join(directory, "logs/ensemble.yaml.log"), "utf8")),
      "it did not say that it stops",
    );
    await shell("touch go", { directory });
    await eventually(() => !alive(pid), "it does not end");
    expect(existsSync(path("result"))).toBe(true);
    expect(existsSync(join(directory, "work/b-1"))).toBe(false);
  });

  it("tells what is wrong before it goes anywhere", async () => {
    const directory = ensembleOf(1, "echo {{ run.nothing }}");
    const { status, stderr } = await started(directory);
    expect(status).toBe(2);
    expect(stderr).toMatch(/job\.sh\.liquid:2:\d+: error: .*nothing/);
    expect(existsSync(join(directory, "logs"))).toBe(false);
  });

  it("writes events where its standard output was", async () => {
    const directory = ensembleOf(2, "true");
    const { status, pid } = await started(directory, "--json > events");
    expect(status).toBe(0);
    await eventually(() => !alive(pid), "it does not end");
    expect(eventsIn(readFileSync(join(directory, "events"), "utf8")).at(-1)).toMatchObject({ ok: true });
  });
});
