/** Specs of the limits that the system sets to a user: processes, and the size of files. */
import { spawn } from "node:child_process";
import { chownSync, cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runProgram } from "../support/fixture.js";
import { observe } from "../support/observed-process.js";
import { ensembleOf, eventsIn, MAIN, shell } from "../support/program.js";

const WORDS = "ensemble.yaml dummy -ms 0 -et 1 -ct 1";

/** Runs the program as a user of its own, since the limit on processes counts all processes of a user, and spares root. */
const asNewUser = async (limit: string, directory: string) => {
  const uid = 50_000 + (process.pid % 10_000);
  // That user may not be allowed to read the checkout.
  cpSync(join(MAIN, ".."), join(directory, ".dist"), { recursive: true });
  for (const name of ["", ...readdirSync(directory, { recursive: true, encoding: "utf8" })])
    chownSync(join(directory, name), uid, uid);
  const line = `${limit}; exec '${process.execPath}' .dist/main.js ${WORDS} --json`;
  const child = spawn("bash", ["-c", line], { cwd: directory, uid, gid: uid, env: { PATH: process.env["PATH"] } });
  onTestFinished(() => void child.kill("SIGKILL"));
  return observe(child).ended;
};

describe("ulimit -u", () => {
  // Only root can become a user who has no other processes.
  it.runIf(process.getuid?.() === 0)(
    "runs wait while the user has too many processes, and none fails",
    async () => {
      const task = (list: string) => `      ${list}:\n        - name: execute\n          args: {cmd: "true"}\n`;
      const directory = ensembleOf(16, "echo x >> done", { more: task("pre_run") + task("post_run") });
      const { status, stdout } = await asNewUser("ulimit -u 18", directory);
      const events = eventsIn(stdout);
      expect(events.at(-1)).toMatchObject({ type: "ensemble.finished", succeeded: 16 });
      expect(status).toBe(0);
      const waits = events.filter(({ message }) => String(message).includes("ulimit -u"));
      expect(waits.length).toBeGreaterThan(0);
      const texts = Array.from({ length: 16 }, (_, run) => readFileSync(join(directory, `work/b-${run}/done`), "utf8"));
      expect(texts).toEqual(Array(16).fill("x\n"));
    },
    120_000,
  );
});

describe("ulimit -f", () => {
  it("a journal that may not grow ends the program with exit status 5 and the name of the limit, and can be resumed", async () => {
    const directory = ensembleOf(60, "echo x >> done", { maxruns: 4 });
    const { status, stderr } = await shell(`ulimit -f 8; $PROGRAM ${WORDS}`, { directory });
    expect(status).toBe(5);
    expect(stderr).toMatch(/journal-000001\.ndjson cannot grow: .*`ulimit -f`/);
    expect((await runProgram(WORDS.split(" "), directory)).status).toBe(0);
    const texts = Array.from({ length: 60 }, (_, run) => readFileSync(join(directory, `work/b-${run}/done`), "utf8"));
    expect(texts).toEqual(Array(60).fill("x\n"));
  });

  it("a job that writes too much, and a run directory that is too large, name the limit", async () => {
    const directory = ensembleOf(1, "head -c 2000000 /dev/zero > big");
    const line = `ulimit -f 1000; $PROGRAM ${WORDS}`;
    const job = await shell(line, { directory });
    expect(job.status).toBe(1);
    expect(job.stderr + job.stdout).toMatch(/was ended by SIGXFSZ \(.*`ulimit -f`/);
    const large = ensembleOf(1, "true");
    writeFileSync(join(large, "template/data"), Buffer.alloc(2_000_000));
    const copy = await shell(line, { directory: large });
    expect(copy.status).toBe(5);
    expect(copy.stderr + copy.stdout).toMatch(/b-0\/data: .*`ulimit -f`.*\(EFBIG\)/);
  });
});
