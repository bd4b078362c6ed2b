/** Specs of jobs and commands on this machine, as the built program starts, ends and finds them again. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runProgram } from "../support/fixture.js";
import { alive, CTRL_C, ensembleOf, eventsIn, fileOf, shell, start, terminal } from "../support/program.js";

const WORDS = ["ensemble.yaml", "dummy", "-ms", "0"];

describe("a job on this machine", () => {
  it("exported functions of the user's shell reach jobs and commands", async () => {
    const more = "      post_run:\n        - name: execute\n          args: {cmd: module unload >> said}\n";
    const directory = ensembleOf(1, "module load > said", { more });
    const { status } = await shell(`module() { echo "module $1"; }; export -f module; $PROGRAM ${WORDS.join(" ")}`, {
      directory,
    });
    expect(status).toBe(0);
    expect(readFileSync(join(directory, "work/b-0/said"), "utf8")).toBe("module load\nmodule unload\n");
  });

  it("a job goes on after a signal that it has sent to its own process group, and ends as its exit status tells", async () => {
    const directory = ensembleOf(1, "trap '' TERM; kill 0; sleep 0.1; echo done > said");
    const { status } = await runProgram(WORDS, directory);
    expect(status).toBe(0);
    expect(readFileSync(join(directory, "work/b-0/said"), "utf8")).toBe("done\n");
  });
});

describe("kill -9 of the program and of the shell around a job or a command", () => {
  const HELD =
    "echo $PPID > shell; echo $$ >> ../../started; until [ -e ../../go ]; do sleep 0.02; done; echo x >> done";

  /** An ensemble whose program and shell were killed, while the job or the command that writes `started` goes on. */
  const killed = async (directory: string) => {
    const running = start(WORDS, { directory });
    const pid = await fileOf(join(directory, "started"));
    running.child.kill("SIGKILL");
    process.kill(Number(await fileOf(join(directory, "work/b-0/shell"))), "SIGKILL");
    await running.ended;
    return pid;
  };

  /** Whether an earlier start of the program still runs, by the time it takes to start another. */
  const isHeld = async (directory: string) => (await start(WORDS, { directory }).ended).status === 3;

  it("the next start waits for the job, says that its end is unknown, and only then a retry starts another", async () => {
    const directory = ensembleOf(1, HELD);
    const pid = await killed(directory);
    const next = start([...WORDS, "--json"], { directory });
    await next.until(/"job.submitted"/);
    expect(await isHeld(directory)).toBe(true);
    expect(alive(pid)).toBe(true);
    await shell("touch go", { directory });
    const { status, stdout } = await next.ended;
    expect(status).toBe(1);
    expect(eventsIn(stdout).find(({ type }) => type === "job.finished")).toMatchObject({
      job: expect.any(String) as string,
      failure: { cause: "lost", message: expect.stringContaining("the job went on and has ended by now") as string },
    });
    expect(readFileSync(join(directory, "work/b-0/done"), "utf8")).toBe("x\n");
    expect(await fileOf(join(directory, "started"))).toBe(pid);
    expect((await runProgram([...WORDS, "--retry-failed"], directory)).status).toBe(0);
    expect(readFileSync(join(directory, "work/b-0/done"), "utf8")).toBe("x\nx\n");
  });

  it("the next start waits for the command, and reports it as interrupted", async () => {
    const more = `      post_run:\n        - name: execute\n          args: {cmd: "${HELD}"}\n`;
    const directory = ensembleOf(1, "true", { more });
    const pid = await killed(directory);
    const next = start([...WORDS, "--json"], { directory });
    await next.until(/"task.started"/);
    expect(await isHeld(directory)).toBe(true);
    expect(alive(pid)).toBe(true);
    await shell("touch go", { directory });
    const { stdout } = await next.ended;
    expect(eventsIn(stdout).find(({ type }) => type === "task.finished")).toMatchObject({
      failure: { reason: "interrupted" },
    });
    expect(readFileSync(join(directory, "work/b-0/done"), "utf8")).toBe("x\n");
  });
});

describe("Ctrl-C", () => {
  it("the next start does a command again that a second Ctrl-C has ended, if it is idempotent", async () => {
    const more = `      post_run:
        - name: execute
          args: {cmd: "echo x >> tries; [ -e ../../go ] || sleep 1000", idempotent: true}
`;
    const directory = ensembleOf(1, "true", { more });
    const running = terminal(`$PROGRAM ${WORDS.join(" ")}`, { directory });
    await fileOf(join(directory, "work/b-0/tries"));
    running.type(CTRL_C);
    await running.until(/Ctrl-C|stop/i);
    running.type(CTRL_C);
    expect((await running.ended).status).toBe(130);
    await shell("touch go", { directory });
    expect((await runProgram(WORDS, directory)).status).toBe(0);
    expect(readFileSync(join(directory, "work/b-0/tries"), "utf8")).toBe("x\nx\n");
  });
});
