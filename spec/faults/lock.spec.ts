/** The lock of a state directory: of many processes that try at the same moment, one at a time holds it. */
import { spawn } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { disk } from "../../lib/journal/disk.js";
import { lockPath, ownerPath } from "../../lib/journal/layout.js";
import { acquire, type Lock, Locked, LockLost, type Owner, ourselves } from "../../lib/journal/lock.js";
import { ALL } from "../support/journal.js";
import { eventually } from "../support/program.js";

const PROCESSES = 8;
const ROUNDS = ALL ? 200 : 20;

let root = "";
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "lock-"));
  const entryPoints = [join(import.meta.dirname, "contender.ts")];
  await build({ entryPoints, outfile: join(root, "contender.mjs"), bundle: true, platform: "node", format: "esm" });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

let made = 0;
const newDirectory = () => {
  const directory = join(root, String(++made));
  mkdirSync(directory);
  return directory;
};

interface Note {
  readonly round: number;
  readonly step: string;
  readonly pid: string;
  readonly at: bigint;
}

const notesIn = (record: string): readonly Note[] =>
  (existsSync(record) ? readFileSync(record, "utf8") : "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" "))
    .map(([round = "", step = "", pid = "", at = "0"]) => ({ round: Number(round), step, pid, at: BigInt(at) }));

/** Starts all processes, which try to lock at the same moment in each round. Resolves with the notes of each round. */
const contest = async (
  prepare: (directory: string) => void = () => undefined,
): Promise<readonly (readonly Note[])[]> => {
  const directory = newDirectory();
  const record = join(directory, "record");
  const args = [join(root, "contender.mjs"), directory, record, String(ROUNDS)];
  const children = Array.from({ length: PROCESSES }, () => spawn(process.execPath, args, { stdio: "inherit" }));
  onTestFinished(() => void children.map((child) => child.kill("SIGKILL")));
  const all: (readonly Note[])[] = [];
  const inRound = (round: number) => notesIn(record).filter((note) => note.round === round);
  const count = (round: number, wanted: string) => inRound(round).filter(({ step }) => step === wanted).length;
  for (let round = 0; round < ROUNDS; round += 1) {
    mkdirSync(join(directory, String(round)));
    prepare(join(directory, String(round)));
    await eventually(() => count(round, "ready") === PROCESSES, "not all processes start the round");
    writeFileSync(join(directory, `go-${round}`), "");
    await eventually(() => count(round, "over") === PROCESSES, "not all processes end the round");
    const notes = inRound(round).filter(({ step }) => step !== "ready" && step !== "over");
    all.push(notes.toSorted((a, b) => (a.at < b.at ? -1 : 1)));
    expect(readdirSync(join(directory, String(round)))).toEqual([]);
  }
  return all;
};

/** How many processes held the lock. Fails if two held it at once, or if anything else went wrong. */
const holders = (notes: readonly Note[]): number => {
  let holder: string | undefined;
  let count = 0;
  for (const { step, pid } of notes) {
    if (step === "begin") {
      expect(holder, "two processes hold the lock").toBeUndefined();
      holder = pid;
      count += 1;
    } else if (step === "end") {
      expect(holder).toBe(pid);
      holder = undefined;
    } else expect(step).toBe("locked");
  }
  return count;
};

const owner = (over: Partial<Owner> = {}): Owner => ({ ...ourselves(), ...over });

/** Leaves a lock behind, as a dead owner would. */
const leaveLock = (directory: string, by: Owner, name = "lock") => {
  writeFileSync(ownerPath(directory, by.nonce), `${JSON.stringify(by)}\n${"0".repeat(12)}\n`);
  linkSync(ownerPath(directory, by.nonce), join(directory, name));
};

/** Higher than any process id on Linux. */
const NO_PROCESS = 2 ** 22 + 1;

describe(`${PROCESSES} processes at the same moment`, () => {
  const judge = (rounds: readonly (readonly Note[])[]) => {
    const counts = rounds.map(holders);
    const alone = counts.filter((count) => count === 1).length;
    console.log(`${ROUNDS} rounds: in ${alone} one process held the lock, in the others several, one after another`);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  };

  it(
    `${PROCESSES} processes hold the lock one at a time, in ${ROUNDS} rounds`,
    async () => judge(await contest()),
    3_600_000,
  );

  it(`${PROCESSES} processes take the lock of a dead owner one at a time, in ${ROUNDS} rounds`, async () => {
    judge(await contest((directory) => leaveLock(directory, owner({ nonce: "dead", pid: NO_PROCESS }))));
  }, 3_600_000);

  it(`${PROCESSES} processes take over two locks of dead owners one at a time, in ${ROUNDS} rounds`, async () => {
    const prepare = (directory: string) => {
      leaveLock(directory, owner({ nonce: "dead", pid: NO_PROCESS }));
      leaveLock(directory, owner({ nonce: "too", pid: NO_PROCESS }), "lock-after-dead");
    };
    judge(await contest(prepare));
  }, 3_600_000);
});

describe("a lock that was left behind", () => {
  it("the lock of a dead process is taken at once", async () => {
    const directory = newDirectory();
    leaveLock(directory, owner({ nonce: "dead", pid: NO_PROCESS }));
    const began = Date.now();
    const lock = await acquire({ disk, directory });
    expect(Date.now() - began).toBeLessThan(2000);
    await lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it("the lock of a dead owner is taken if its process id was reused or the machine was rebooted", async () => {
    for (const over of [{ ticks: "1" }, { boot: "before" }]) {
      const directory = newDirectory();
      leaveLock(directory, owner({ nonce: "other", pid: process.ppid, ...over }));
      await (await acquire({ disk, directory })).release();
    }
  });

  it("the lock of an owner on another host is not taken, and the message names that host and process", async () => {
    const directory = newDirectory();
    const other = owner({ nonce: "far", host: "login07", pid: 4711 });
    leaveLock(directory, other);
    const refused = await acquire({ disk, directory }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Locked);
    expect((refused as Locked).message).toContain(`process 4711 on login07, since ${other.since}`);
    expect(readdirSync(directory).sort()).toEqual(["lock", "owner-far"]);
  });

  it("--take-over takes the lock of an owner that may be alive only if the owner's heartbeat has stopped", async () => {
    for (const over of [{ host: "login07" }, { space: "pid:[1]" }]) {
      const directory = newDirectory();
      const other = owner({ nonce: "far", ...over });
      leaveLock(directory, other);
      await expect(acquire({ disk, directory })).rejects.toThrow("--take-over");
      const alive = setInterval(() => {
        writeFileSync(lockPath(directory), `${JSON.stringify(other)}\n${String(Date.now()).padStart(12, "0")}\n`);
      }, 20);
      await expect(acquire({ disk, directory, takeOver: true, beat_ms: 50 })).rejects.toThrow("heartbeat");
      clearInterval(alive);
      await (await acquire({ disk, directory, takeOver: true, beat_ms: 50 })).release();
    }
  });

  it("a lock that cannot be read is not taken", async () => {
    const directory = newDirectory();
    writeFileSync(lockPath(directory), "");
    await expect(acquire({ disk, directory })).rejects.toThrow("cannot be read");
  });
});

describe("a lock that is held", () => {
  it("a lock that is held is not taken, and the message names the host and process of its owner", async () => {
    const directory = newDirectory();
    const lock = await acquire({ disk, directory });
    await lock.fence();
    await expect(acquire({ disk, directory })).rejects.toThrow(`process ${process.pid} on ${hostname()}`);
    await lock.release();
    await (await acquire({ disk, directory })).release();
  });

  it("an owner that has lost its lock gets LockLost, and does not remove the lock of the new owner", async () => {
    const directory = newDirectory();
    const first: Lock = await acquire({ disk, directory });
    rmSync(lockPath(directory));
    await expect(first.fence()).rejects.toBeInstanceOf(LockLost);
    const second = await acquire({ disk, directory });
    await expect(first.fence()).rejects.toBeInstanceOf(LockLost);
    await first.release();
    await second.fence();
    await second.release();
    expect(readdirSync(directory)).toEqual([]);
  });
});
