import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mergeMap, range } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Command, ProcessEvent } from "../../../lib/effects/process.js";
import { endEverything, spawn } from "../../../lib/system/processes/spawn.js";
import { notStarted } from "../../../lib/system/processes/spawn-errors.js";
import { emitted, failureOf } from "../../support/emitted.js";
import { alive, directoryWith, eventually, fileOf } from "../../support/program.js";

/** A command of the shell, in a directory of its own, with its output in `out` there. */
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

/** An error that a spec does not look for. */
const unexpected = (error: unknown) => expect.fail(String(error));

const gone = (...pids: readonly string[]) => eventually(() => !pids.some(alive), `${pids.join(", ")} are still there`);

describe("a command", () => {
  it("is told to have started, and how it ended", async () => {
    const { events, read } = rig("echo $$; exit 3");
    const [started, ended] = await events();
    expect(started).toEqual({ type: "started", pid: Number(read("out")) });
    expect(ended).toEqual({ type: "ended", status: 3, signal: null });
    expect((await rig("kill -9 $$").events()).at(-1)).toEqual({ type: "ended", status: null, signal: "SIGKILL" });
  });

  it("appends its output and its errors to one file, in their order", async () => {
    const { events, read, path } = rig("echo one; echo two >&2; echo three");
    writeFileSync(path("out"), "before\n");
    await events();
    expect(read("out")).toBe("before\none\ntwo\nthree\n");
  });

  it("runs in its directory and has nothing to read", async () => {
    const { events, read, directory } = rig("pwd; cat; echo end");
    await events();
    expect(read("out")).toBe(`${directory}\nend\n`);
  });

  it("is a group and a session of its own: no Ctrl-C of ours reaches it", async () => {
    const { events, read } = rig("ps -o pid=,pgid=,sid= -p $$");
    await events();
    const [pid, group, session] = read("out").trim().split(/\s+/);
    expect([group, session]).toEqual([pid, pid]);
  });

  it("may print 100 MB, and this program stays as small as it was", async () => {
    const { events, path } = rig("head -c 100000000 /dev/zero");
    const before = process.memoryUsage().rss;
    await events();
    expect(statSync(path("out")).size).toBe(100_000_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(40_000_000);
  });

  it("ends when it ends, whatever it leaves in the background", async () => {
    const { events, read } = rig("sleep 1000 & echo $!");
    const began = performance.now();
    expect((await events()).at(-1)).toMatchObject({ status: 0 });
    expect(performance.now() - began).toBeLessThan(10_000);
    const child = Number(read("out"));
    expect(alive(child)).toBe(true);
    process.kill(child, "SIGKILL");
  });

  it("takes what it leaves with it, where it is to be swept", async () => {
    const { events, read } = rig("trap '' TERM; sleep 1000 & echo $!", { sweep: true });
    await events();
    await gone(read("out").trim());
  });

  it("leaves neither open files nor dead processes behind, a hundred times over", async () => {
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

describe("letting go of a command", () => {
  /** Started, with `child` and `pid` told in files of these names. */
  const held = async (line: string, more: Partial<Command> = {}) => {
    const { command, path } = rig(line, more);
    const told: ProcessEvent[] = [];
    const running = spawn(command).subscribe({ next: (event) => told.push(event), error: unexpected });
    const pids = [await fileOf(path("pid")), await fileOf(path("child"))] as const;
    return { running, pids, path, told };
  };

  it("ends its children, too", async () => {
    const { running, pids, told } = await held("sleep 1000 & echo $! > child; echo $$ > pid; wait");
    running.unsubscribe();
    await gone(...pids);
    expect(told.map(({ type }) => type)).toEqual(["started"]);
  });

  it("returns at once, and kills what does not mind being asked", async () => {
    const { running, pids } = await held("trap '' TERM; sleep 1000 & echo $! > child; echo $$ > pid; wait");
    const began = performance.now();
    running.unsubscribe();
    expect(performance.now() - began).toBeLessThan(1000);
    expect(pids.map(alive)).toEqual([true, true]);
    await gone(...pids);
  });

  it.each([false, true])(
    "gives a child its time to end well, though its shell is gone at once (sweep: %s)",
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

  it("ends one that is stopped, and does not have to kill it", async () => {
    const { running, pids } = await held("sleep 1000 & echo $! > child; echo $$ > pid; kill -STOP $$; wait");
    const began = performance.now();
    running.unsubscribe();
    await gone(...pids);
    expect(performance.now() - began).toBeLessThan(4500);
  });

  it("is done at once with everything at the end of the program", async () => {
    const { pids } = await held("trap '' TERM; sleep 1000 & echo $! > child; echo $$ > pid; wait");
    endEverything();
    await gone(...pids);
  });
});

describe("a command that cannot be started", () => {
  const message = async (more: Partial<Command>) => {
    const failure = await failureOf(spawn(rig("true", more).command));
    expect(failure).toMatchObject({ reason: "not_started" });
    return (failure as { readonly message: string }).message;
  };

  it("says whether it is the directory or the program that is missing", async () => {
    const { directory, path } = rig("");
    writeFileSync(path("file"), "");
    expect(await message({ directory: path("no") })).toBe(`there is no directory ${path("no")}`);
    expect(await message({ directory: path("file") })).toBe(`${path("file")} is not a directory`);
    expect(await message({ file: "/no/such/shell" })).toBe("there is no program /no/such/shell");
    expect(await message({ file: "no-such-program" })).toBe("there is no program no-such-program");
    expect(await message({ file: "./file", directory })).toBe(`${path("file")} is not executable`);
  });

  it("says that a script's interpreter is missing, and not the script", async () => {
    const directory = directoryWith({ "job.sh": "#!/no/such/interpreter\n" });
    expect(await message({ file: "./job.sh", arguments: [], directory })).toBe(
      "the interpreter that its first line names is not there",
    );
  });

  it("says what is wrong with the command", async () => {
    expect(await message({ arguments: ["-c", "a\0b"] })).toBe("it holds a NUL character");
    expect(await message({ arguments: ["-c", `: ${"x".repeat(200_000)}`] })).toBe("it is longer than the system takes");
  });

  it("says what the machine has too little of, and names the command as its author wrote it", () => {
    const { command } = rig("make coffee");
    const told = (code: string) => notStarted(command, Object.assign(new Error(code), { code })).message;
    expect(told("EAGAIN")).toBe(
      "`make coffee` could not be started: there are too many processes (`ulimit -u` tells how many there may be)",
    );
    expect(told("EMFILE")).toContain("`make coffee` could not be started: this program has too many files open");
  });

  it("says where its output cannot go, and follows no link there", async () => {
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
