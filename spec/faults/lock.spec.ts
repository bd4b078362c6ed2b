/** The lock, wanted by many processes in the same moment: at any time one of them has it, and no other. */
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
const place = () => {
  const directory = join(root, String(++made));
  mkdirSync(directory);
  return directory;
};

interface Note {
  readonly round: number;
  readonly what: string;
  readonly pid: string;
  readonly at: bigint;
}

const notesIn = (record: string): readonly Note[] =>
  (existsSync(record) ? readFileSync(record, "utf8") : "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" "))
    .map(([round = "", what = "", pid = "", at = "0"]) => ({ round: Number(round), what, pid, at: BigInt(at) }));

/** Lets all processes knock at once, round after round; tells what they noted in each, in the order in which it happened. */
const contest = async (
  prepare: (directory: string) => void = () => undefined,
): Promise<readonly (readonly Note[])[]> => {
  const directory = place();
  const record = join(directory, "record");
  const words = [join(root, "contender.mjs"), directory, record, String(ROUNDS)];
  const children = Array.from({ length: PROCESSES }, () => spawn(process.execPath, words, { stdio: "inherit" }));
  onTestFinished(() => void children.map((child) => child.kill("SIGKILL")));
  const all: (readonly Note[])[] = [];
  const inRound = (round: number) => notesIn(record).filter((note) => note.round === round);
  const count = (round: number, wanted: string) => inRound(round).filter(({ what }) => what === wanted).length;
  for (let round = 0; round < ROUNDS; round += 1) {
    mkdirSync(join(directory, String(round)));
    prepare(join(directory, String(round)));
    await eventually(() => count(round, "ready") === PROCESSES, "they do not start");
    writeFileSync(join(directory, `go-${round}`), "");
    await eventually(() => count(round, "over") === PROCESSES, "they do not end");
    const notes = inRound(round).filter(({ what }) => what !== "ready" && what !== "over");
    all.push(notes.toSorted((a, b) => (a.at < b.at ? -1 : 1)));
    expect(readdirSync(join(directory, String(round)))).toEqual([]);
  }
  return all;
};

/** How often somebody had it. Fails where two had it at once, and for anything that went wrong. */
const holders = (notes: readonly Note[]): number => {
  let holder: string | undefined;
  let count = 0;
  for (const { what, pid } of notes) {
    if (what === "begin") {
      expect(holder, "two have it").toBeUndefined();
      holder = pid;
      count += 1;
    } else if (what === "end") {
      expect(holder).toBe(pid);
      holder = undefined;
    } else expect(what).toBe("locked");
  }
  return count;
};

const owner = (over: Partial<Owner> = {}): Owner => ({ ...ourselves(), ...over });

/** A lock that somebody has left. */
const left = (directory: string, by: Owner, name = "lock") => {
  writeFileSync(ownerPath(directory, by.nonce), `${JSON.stringify(by)}\n${"0".repeat(12)}\n`);
  linkSync(ownerPath(directory, by.nonce), join(directory, name));
};

/** Higher than any process has. */
const NOBODY = 2 ** 22 + 1;

describe(`${PROCESSES} processes that want the lock at once`, () => {
  const judge = (rounds: readonly (readonly Note[])[]) => {
    const counts = rounds.map(holders);
    const alone = counts.filter((count) => count === 1).length;
    console.log(`${ROUNDS} rounds: in ${alone} one of them had it, in the others some one after the other`);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  };

  it(`have it one at a time, ${ROUNDS} times over`, async () => judge(await contest()), 3_600_000);

  it(`take it from a dead one, one of them at once, ${ROUNDS} times over`, async () => {
    judge(await contest((directory) => left(directory, owner({ nonce: "dead", pid: NOBODY }))));
  }, 3_600_000);

  it(`take it from a dead one that another dead one was about to take it from, ${ROUNDS} times over`, async () => {
    const prepare = (directory: string) => {
      left(directory, owner({ nonce: "dead", pid: NOBODY }));
      left(directory, owner({ nonce: "too", pid: NOBODY }), "lock-after-dead");
    };
    judge(await contest(prepare));
  }, 3_600_000);
});

describe("a lock that was left", () => {
  it("is taken at once from a process that is no more", async () => {
    const directory = place();
    left(directory, owner({ nonce: "dead", pid: NOBODY }));
    const began = Date.now();
    const lock = await acquire({ disk, directory });
    expect(Date.now() - began).toBeLessThan(2000);
    await lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it("is taken from one whose number another process has now, and from one before the machine was started", async () => {
    for (const over of [{ ticks: "1" }, { boot: "before" }]) {
      const directory = place();
      left(directory, owner({ nonce: "other", pid: process.ppid, ...over }));
      await (await acquire({ disk, directory })).release();
    }
  });

  it("on another host is not: it is named", async () => {
    const directory = place();
    const other = owner({ nonce: "far", host: "login07", pid: 4711 });
    left(directory, other);
    const refused = await acquire({ disk, directory }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Locked);
    expect((refused as Locked).message).toContain(`process 4711 on login07, since ${other.since}`);
    expect(readdirSync(directory).sort()).toEqual(["lock", "owner-far"]);
  });

  it("on another host, or out of sight, is taken over if that gives no sign of life, and not otherwise", async () => {
    for (const over of [{ host: "login07" }, { space: "pid:[1]" }]) {
      const directory = place();
      const other = owner({ nonce: "far", ...over });
      left(directory, other);
      await expect(acquire({ disk, directory })).rejects.toThrow("--take-over");
      const alive = setInterval(() => {
        writeFileSync(lockPath(directory), `${JSON.stringify(other)}\n${String(Date.now()).padStart(12, "0")}\n`);
      }, 20);
      await expect(acquire({ disk, directory, takeOver: true, beat_ms: 50 })).rejects.toThrow("heartbeat");
      clearInterval(alive);
      await (await acquire({ disk, directory, takeOver: true, beat_ms: 50 })).release();
    }
  });

  it("and cannot be read, is nobody's to take", async () => {
    const directory = place();
    writeFileSync(lockPath(directory), "");
    await expect(acquire({ disk, directory })).rejects.toThrow("cannot be read");
  });
});

describe("a lock that is held", () => {
  it("is refused to everybody else, with the host and the process that has it", async () => {
    const directory = place();
    const lock = await acquire({ disk, directory });
    await lock.fence();
    await expect(acquire({ disk, directory })).rejects.toThrow(`process ${process.pid} on ${hostname()}`);
    await lock.release();
    await (await acquire({ disk, directory })).release();
  });

  it("is lost once it was taken away, and what took it is left alone", async () => {
    const directory = place();
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
