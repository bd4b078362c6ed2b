import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { mergeMap, range } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Command, ProcessEvent } from "../../../lib/effects/process.js";
import { killEveryGroup, spawn } from "../../../lib/system/processes/spawn.js";
import { notStarted } from "../../../lib/system/processes/spawn-errors.js";
import { emitted, failureOf } from "../../support/emitted.js";
import { alive, directoryWith, eventually, fileOf } from "../../support/program.js";

/** A shell command in its own directory, with its output in the file `out` there. */
const rig = (line: string, more: Partial<Command> = {}) => {
  const directory = directoryWith({});
  const path = (name: string) => join(directory, name);
  const command: Command = {
    file: "/bin/bash",
    arguments: ["-c", line],
    directory,
    output: path("out"),
    ...more,
  };
  return {
    directory,
    path,
    command,
    read: (name: string) => readFileSync(path(name), "utf8"),
    events: () => emitted(spawn(command)),
  };
};

/** An error that no spec here expects. */
const unexpected = (error: unknown) => expect.fail(String(error));

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    // The descriptor that lists the directory is closed by now.
    return "";
  }
};

const gone = (...pids: readonly string[]) => eventually(() => !pids.some(alive), `${pids.join(", ")} are still there`);

describe("a command", () => {
  it("a command emits its process id, then its exit status or signal", async () => {
    const { events, read } = rig("echo $$; exit 3");
    const [started, ended] = await events();
    expect(started).toEqual({ type: "started", pid: Number(read("out")) });
    expect(ended).toEqual({ type: "ended", status: 3, signal: null });
    expect((await rig("kill -9 $$").events()).at(-1)).toEqual({ type: "ended", status: null, signal: "SIGKILL" });
  });

  it("a command appends its output and its errors to one file, in order", async () => {
    const { events, read, path } = rig("echo one; echo two >&2; echo three");
    writeFileSync(path("out"), "before\n");
    await events();
    expect(read("out")).toBe("before\none\ntwo\nthree\n");
  });

  it("a command runs in its directory, with an empty standard input", async () => {
    const { events, read, directory } = rig("pwd; cat; echo end");
    await events();
    expect(read("out")).toBe(`${directory}\nend\n`);
  });

  it("a command leads its own process group and session, so Ctrl-C does not reach it", async () => {
    const { events, read } = rig("ps -o pid=,pgid=,sid= -p $$");
    await events();
    const [pid, group, session] = read("out").trim().split(/\s+/);
    expect([group, session]).toEqual([pid, pid]);
  });

  it("a command can print 100 MB without using memory of this program", async () => {
    const { events, path } = rig("head -c 100000000 /dev/zero");
    const before = process.memoryUsage().rss;
    await events();
    expect(statSync(path("out")).size).toBe(100_000_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(40_000_000);
  });

  it("a background child does not delay the end of a command", async () => {
    const { events, read } = rig("sleep 1000 & echo $!");
    const began = performance.now();
    expect((await events()).at(-1)).toMatchObject({ status: 0 });
    expect(performance.now() - began).toBeLessThan(10_000);
    const child = Number(read("out"));
    expect(alive(child)).toBe(true);
    process.kill(child, "SIGKILL");
  });

  it("with `sweep`, the background children of a command are killed at its end", async () => {
    const { events, read } = rig("trap '' TERM; sleep 1000 & echo $!", { sweep: true });
    await events();
    await gone(read("out").trim());
  });

  it("a hundred commands leave neither open files nor zombies behind", async () => {
    const { command } = rig("exit 0");
    await emitted(spawn(command));
    const open = readdirSync("/proc/self/fd").length;
    await emitted(range(100).pipe(mergeMap(() => spawn(command), 20)));
    expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(open + 2);
    const { events, read } = rig(`ps --ppid ${process.pid} -o stat=`);
    await events();
    expect(read("out")).not.toContain("Z");
  });
});

describe("unsubscribing from a command", () => {
  /** Starts a command and waits until it has written its process ids to the files `pid` and `child`. */
  const held = async (line: string, more: Partial<Command> = {}) => {
    const { command, path } = rig(line, more);
    const events: ProcessEvent[] = [];
    const running = spawn(command).subscribe({ next: (event) => events.push(event), error: unexpected });
    const pids = [await fileOf(path("pid")), await fileOf(path("child"))] as const;
    return { running, pids, path, events };
  };

  it("unsubscribing ends the command and its children", async () => {
    const { running, pids, events } = await held("sleep 1000 & echo $! > child; echo $$ > pid; wait");
    running.unsubscribe();
    await gone(...pids);
    expect(events.map(({ type }) => type)).toEqual(["started"]);
  });

  it("unsubscribing returns at once, and later kills processes that ignore SIGTERM", async () => {
    const { running, pids } = await held("trap '' TERM; sleep 1000 & echo $! > child; echo $$ > pid; wait");
    const began = performance.now();
    running.unsubscribe();
    expect(performance.now() - began).toBeLessThan(1000);
    expect(pids.map(alive)).toEqual([true, true]);
    await gone(...pids);
  });

  it.each([false, true])(
    "a child keeps its grace time after SIGTERM, though its shell ends at once (sweep: %s)",
    async (sweep) => {
      const child = "trap 'sleep 0.5; echo saved > saved; exit' TERM; echo $$ > child; while :; do sleep 0.05; done";
      const { running, pids, path } = await held(`bash -c "${child.replace("$$", "\\$\\$")}" & echo $$ > pid; wait`, {
        sweep,
      });
      running.unsubscribe();
      await gone(...pids);
      expect(existsSync(path("saved"))).toBe(true);
    },
  );

  it("unsubscribing ends a stopped command without SIGKILL", async () => {
    const { running, pids } = await held("sleep 1000 & echo $! > child; echo $$ > pid; kill -STOP $$; wait");
    const began = performance.now();
    running.unsubscribe();
    await gone(...pids);
    expect(performance.now() - began).toBeLessThan(4500);
  });

  it("at the exit of the program, every command is killed at once", async () => {
    const { pids } = await held("trap '' TERM; sleep 1000 & echo $! > child; echo $$ > pid; wait");
    killEveryGroup();
    await gone(...pids);
  });
});

describe("a command that cannot be started", () => {
  const message = async (more: Partial<Command>) => {
    const failure = await failureOf(spawn(rig("true", more).command));
    expect(failure).toMatchObject({ reason: "not_started" });
    return (failure as { readonly message: string }).message;
  };

  it("the failure tells whether the directory or the program is missing", async () => {
    const { directory, path } = rig("");
    writeFileSync(path("file"), "");
    expect(await message({ directory: path("no") })).toBe(`there is no directory ${path("no")}`);
    expect(await message({ directory: path("file") })).toBe(`${path("file")} is not a directory`);
    expect(await message({ file: "/no/such/shell" })).toBe("there is no program /no/such/shell");
    expect(await message({ file: "no-such-program" })).toBe("there is no program no-such-program");
    expect(await message({ file: "./file", directory })).toBe(`${path("file")} is not executable`);
  });

  it("the failure names a missing interpreter, not the script, as missing", async () => {
    const directory = directoryWith({ "job.sh": "#!/no/such/interpreter\n" });
    expect(await message({ file: "./job.sh", arguments: [], directory })).toBe(
      "its first line names the interpreter /no/such/interpreter, which does not exist",
    );
  });

  it("the failure tells what is wrong with the command", async () => {
    expect(await message({ arguments: ["-c", "a\0b"] })).toBe("it holds a NUL character");
    expect(await message({ arguments: ["-c", `: ${"x".repeat(200_000)}`] })).toBe(
      "it is longer than the system allows",
    );
  });

  it("the failure tells what the machine lacks, and shows the command as the user wrote it", () => {
    const { command } = rig("make coffee");
    const messageFor = (code: string) => notStarted(command, Object.assign(new Error(code), { code })).message;
    expect(messageFor("EAGAIN")).toBe(
      "`make coffee` could not be started: too many processes are running (`ulimit -u` shows the limit)",
    );
    expect(messageFor("EMFILE")).toContain("`make coffee` could not be started: this program has too many files open");
  });

  it("the failure names a standard-error file that cannot be opened, and the output file is closed again", async () => {
    const { command, path } = rig("true", { errors: "/nowhere/err" });
    const open = () => readdirSync("/proc/self/fd").map((descriptor) => linkOf(`/proc/self/fd/${descriptor}`));
    expect(await failureOf(spawn(command))).toMatchObject({ reason: "directory", directory: "/nowhere/err" });
    expect(open()).not.toContain(path("out"));
  });

  it("the failure names an output file that cannot be written, and no link is followed there", async () => {
    const { command, path } = rig("echo output");
    expect(await failureOf(spawn({ ...command, output: path("no/out") }))).toMatchObject({
      reason: "directory",
      directory: path("no/out"),
    });
    mkdirSync(path("taken"));
    expect(await failureOf(spawn({ ...command, output: path("taken") }))).toMatchObject({
      message: "it is a directory",
    });
    writeFileSync(path("precious"), "data");
    symlinkSync("precious", path("link"));
    expect(await failureOf(spawn({ ...command, output: path("link") }))).toMatchObject({ reason: "directory" });
    expect(readFileSync(path("precious"), "utf8")).toBe("data");
  });
});
