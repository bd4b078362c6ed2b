/** Specs of the commands that read a journal: `status`, `replay`, `journal verify`, `export` and `salvage`. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { directoryWith, ensembleOf, eventsIn, eventually, program, start } from "../../support/program.js";

const WORDS = ["ensemble.yaml", "dummy", "-ms", "0", "-ct", "1"];
const STATE = ".ensemble/ensemble";
const JOB = "echo $(basename $PWD) >> ../../count; [ $(basename $PWD) != b-1 ]";
const STACK = /^\s+at .+:\d+:\d+\)?$/m;

/** An ensemble of three runs that has ended. The second run failed. */
const ended = async () => {
  const directory = ensembleOf(3, JOB, { maxruns: 1 });
  const { status, stdout } = await program([...WORDS, "--json"], { directory });
  expect(status).toBe(1);
  return { directory, json: stdout, journal: join(directory, STATE, "journal-000001.ndjson") };
};
const run = (directory: string, ...words: readonly string[]) => program(words, { directory });
const lines = (path: string) => readFileSync(path, "utf8").trim().split("\n");

/** Flips a bit in a file, at `share` of the file's length. */
const damage = (path: string, share = 0.5) => {
  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length * share)]! ^= 1;
  writeFileSync(path, bytes);
};

describe("status", () => {
  it("status shows an ended ensemble, as text and as JSON", async () => {
    const { directory } = await ended();
    for (const words of [["status"], ["status", "ensemble.yaml"], ["status", "--state-dir", STATE]]) {
      const { status, stdout, stderr } = await run(directory, ...words);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toContain("3 runs ended, 1 failed");
      expect(stdout).toMatch(/b-1 failed: the job failed: ended with exit status 1/);
      expect(stdout).toContain("not running: the same command with --retry-failed does failed runs again");
    }
    const json = JSON.parse((await run(directory, "status", "ensemble.yaml", "--json")).stdout) as object;
    expect(json).toMatchObject({
      ...{ ensemble: "ensemble", configuration: "ensemble.yaml", backend: "dummy", at_work: null, in_progress: [] },
      ...{ state_directory: join(directory, STATE), finished: { ok: false }, failure_count: 1 },
      counts: { succeeded: 2, failed: 1, skipped: 0, interrupted: 0, in_progress: 0 },
      batches: [{ batch: "b", runs: 3, ended: 3, succeeded: 2, failed: 1 }],
      failures: [{ run: "b-1", failure: { reason: "job", status: 1 } }],
    });
    expect(JSON.parse((await run(directory, "status", "--json")).stdout)).toMatchObject([json]);
  });

  it("status shows a running ensemble without stopping it, and a killed one", async () => {
    const directory = ensembleOf(2, "until [ -e ../../go ]; do sleep 0.05; done");
    const running = start(WORDS, { directory });
    await running.until("b-1: job");
    const now = async () =>
      JSON.parse((await run(directory, "status", "ensemble.yaml", "--json")).stdout) as StatusJson;
    expect(await now()).toMatchObject({
      at_work: { pid: running.child.pid },
      counts: { interrupted: 0, in_progress: 2, waiting: 0 },
    });
    expect((await now()).in_progress.map(({ run, phase }) => [run, phase])).toEqual([
      ["b-0", "job"],
      ["b-1", "job"],
    ]);
    const { stdout } = await run(directory, "status");
    expect(stdout).toContain(`running in process ${String(running.child.pid)} on `);
    running.child.kill("SIGKILL");
    await running.ended;
    expect(await now()).toMatchObject({ at_work: null, counts: { in_progress: 2 } });
    expect((await run(directory, "status")).stdout).toContain("not running: the same command resumes it");
    writeFileSync(join(directory, "go"), "");
    expect((await program(WORDS, { directory })).status).toBe(0);
    expect((await run(directory, "status")).stdout).toContain("finished: everything succeeded");
  });

  it("status says in which directory there is no journal, and makes none", async () => {
    const directory = directoryWith({});
    for (const words of [["status"], ["status", "ensemble.yaml"], ["status", "--state-dir", "no/where"]]) {
      const { status, stderr } = await run(directory, ...words);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^error: (no ensemble was started here|there is no journal in )/);
    }
    expect(readdirSync(directory)).toEqual([]);
  });
});

interface StatusJson {
  readonly in_progress: readonly { readonly run: string; readonly phase: string }[];
}

describe("replay", () => {
  it("replay shows each start as `run` did", async () => {
    const { directory } = await ended();
    expect((await program([...WORDS, "--retry-failed"], { directory })).status).toBe(1);
    for (const path of [STATE, `${STATE}/journal-000001.ndjson`]) {
      const { status, stderr } = await run(directory, "replay", path, "--speed", "0");
      expect(status).toBe(0);
      expect(stderr.match(/b-0 succeeded/g)?.length).toBe(1);
      expect(stderr.match(/b-1 failed/g)?.length).toBe(2);
      expect(stderr).toContain("resuming after 1 earlier start");
    }
    expect((await run(directory, "replay", "no/where")).status).toBe(2);
  });
});

describe("journal", () => {
  it("journal export prints the events of `--json`, and journal verify tells whether the end is torn", async () => {
    const { directory, json, journal } = await ended();
    const verified = await run(directory, "journal", "verify", STATE);
    expect(verified).toMatchObject({ status: 0, stderr: "" });
    expect(verified.stdout).toMatch(/journal-000001\.ndjson: intact, \d+ events, [\d,]+ bytes\n$/);
    expect(eventsIn((await run(directory, "journal", "export", STATE)).stdout)).toEqual(eventsIn(json));
    writeFileSync(journal, readFileSync(journal).subarray(0, -7));
    expect((await run(directory, "journal", "verify", journal)).stdout).toMatch(
      /intact except for a torn end of \d+ bytes/,
    );
  });

  it("every command that reads a damaged journal ends with 4 and leaves the journal unchanged", async () => {
    const { directory, journal } = await ended();
    damage(journal);
    const bytes = readFileSync(journal);
    const commands = [["status"], ["replay", STATE], ["journal", "verify", STATE], ["journal", "export", STATE], WORDS];
    for (const words of commands) {
      const { status, stderr } = await run(directory, ...words);
      expect(status, words.join(" ")).toBe(4);
      expect(stderr).toMatch(/damaged: line \d+, at byte \d+, is damaged/);
      expect(stderr).not.toMatch(STACK);
    }
    expect(readFileSync(journal)).toEqual(bytes);
    expect(lines(join(directory, "count"))).toEqual(["b-0", "b-1", "b-2"]);
  });

  it("the journal commands refuse a path without a journal, and make nothing there", async () => {
    const directory = directoryWith({});
    for (const verb of ["verify", "export", "salvage"]) {
      const { status, stderr } = await run(directory, "journal", verb, "no/where");
      expect(status, verb).toBe(2);
      expect(stderr).toMatch(/^error: /);
    }
    expect(readdirSync(directory)).toEqual([]);
  });

  for (const share of [0.3, 0.5, 0.7, 0.9]) {
    it(`a journal damaged at ${share} of its length is salvaged: the same command resumes, and no run is repeated`, async () => {
      const { directory, journal } = await ended();
      damage(journal, share);
      const { status, stdout } = await run(directory, "journal", "salvage", STATE);
      expect(status).toBe(0);
      expect(stdout).toMatch(/Intact: \d+ events; damaged: [\d,]+ bytes\. The damaged file is now .*damaged-000001-/);
      expect((await run(directory, "journal", "verify", STATE)).status).toBe(0);
      expect(existsSync(journal)).toBe(false);
      const { stderr } = await program(WORDS, { directory });
      expect(stderr).not.toMatch(STACK);
      expect(lines(join(directory, "count"))).toEqual(["b-0", "b-1", "b-2"]);
    });
  }

  it("salvage refuses the journal of a running ensemble", async () => {
    const directory = ensembleOf(1, "until [ -e ../../go ]; do sleep 0.05; done");
    const running = start(WORDS, { directory });
    await eventually(() => existsSync(join(directory, STATE, "claims")), "it does not start");
    const { status, stderr } = await run(directory, "journal", "salvage", STATE);
    expect(status).toBe(3);
    expect(stderr).toContain(`process ${String(running.child.pid)} on `);
    writeFileSync(join(directory, "go"), "");
    expect((await running.ended).status).toBe(0);
  });
});
