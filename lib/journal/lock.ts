/**
 * One writer. A lock that holds on NFS: a file is made under a name of its own and linked to the name of the lock, which
 * succeeds for one and no other (open(2), on O_EXCL). Who has it says who it is, and that it lives.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { bootId, processSpace, startTime } from "../system/processes/process-identity.js";
import { type Disk, type Handle, writeAll } from "./disk.js";
import { lockPath, ownerPath } from "./layout.js";

export interface Owner {
  readonly nonce: string;
  readonly host: string;
  readonly pid: number;
  /** When the process was started, in the system's ticks. */
  readonly ticks: string;
  readonly boot: string;
  readonly space: string;
  /** UTC, ISO 8601. */
  readonly since: string;
}

export interface Lock {
  /** Rejects with `LockLost` if somebody else has it now. */
  readonly fence: () => Promise<void>;
  readonly release: () => Promise<void>;
}

/** Somebody has it, or may have it. */
export class Locked extends Error {
  constructor(
    readonly owner: Owner | undefined,
    message: string,
  ) {
    super(message);
    this.name = "Locked";
  }
}

/** Somebody has taken it from us. */
export class LockLost extends Error {
  override readonly name = "LockLost";
}

export interface LockOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** Take it from an owner of whom it cannot be told whether it lives, if it gives no sign of life. */
  readonly takeOver?: boolean;
  /** Between two signs of life. */
  readonly beat_ms?: number;
  /** Who asks; by default this process. */
  readonly self?: Owner;
}

export const ourselves = (): Owner => ({
  nonce: randomBytes(8).toString("hex"),
  host: hostname(),
  pid: process.pid,
  ticks: startTime(process.pid) ?? "",
  boot: bootId(),
  space: processSpace(),
  since: new Date().toISOString(),
});

/** Rejects with `Locked`, or with what the file system says. */
export const acquire = async (options: LockOptions): Promise<Lock> => {
  const { disk, directory, self = ourselves(), beat_ms = 10_000 } = options;
  const [mine, lock] = [ownerPath(directory, self.nonce), lockPath(directory)];
  await disk.makeDirectory(directory);
  const file = await disk.open(mine, "create");
  try {
    await say(file, self, 0);
    // A machine that falls must not leave a lock of which nobody can say whose it is.
    await file.sync();
    await claim(options, self, lock);
    return await held(file);
  } catch (error) {
    await file.close().catch(() => undefined);
    await disk.unlink(mine).catch(() => undefined);
    throw error;
  }

  async function held(handle: Handle): Promise<Lock> {
    const inode = (await disk.look(mine))?.inode;
    let beat = 0;
    const heart = setInterval(() => void say(handle, self, ++beat).catch(() => undefined), beat_ms).unref();
    const isOurs = async () => (await disk.look(lock))?.inode === inode;
    return {
      fence: async () => {
        const now = await disk.look(lock);
        if (now === undefined)
          throw new LockLost(`${lock} was removed: nothing more is begun without it, and what has been begun goes on`);
        if (now.inode !== inode) throw new LockLost(`${lock} is no longer held by this process`);
      },
      release: async () => {
        clearInterval(heart);
        if (await isOurs()) await disk.unlink(lock);
        await disk.unlink(mine);
        await handle.close();
      },
    };
  }
};

/**
 * Gets a name for our file that one file only can have. A dead owner's is removed by one process alone, who has a name
 * that says so: otherwise somebody who has just looked would remove the name of whoever was faster.
 */
const claim = async (options: LockOptions, self: Owner, path: string): Promise<void> => {
  const { disk, directory } = options;
  for (;;) {
    if (await linked(disk, ownerPath(directory, self.nonce), path)) return;
    const found = await disk.read(path);
    // It was let go of in the meantime.
    if (found === undefined) continue;
    await demandDead(found, options, self, path);
    const dead = nonceIn(found);
    const right = `${path}-after-${dead}`;
    await claim(options, self, right);
    try {
      if (nonceIn((await disk.read(path)) ?? Buffer.alloc(0)) === dead) {
        await disk.unlink(path);
        await disk.unlink(ownerPath(directory, dead));
      }
    } finally {
      await disk.unlink(right);
    }
  }
};

const nonceIn = (bytes: Buffer): string => ownerIn(bytes)?.nonce ?? "";

/** A reply may get lost on its way from a file server: that the file has two names tells that it was linked. */
const linked = async (disk: Disk, mine: string, lock: string): Promise<boolean> => {
  try {
    await disk.link(mine, lock);
    return true;
  } catch (error) {
    if ((await disk.look(mine))?.links === 2n) return true;
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
};

/** One name, then the time, at a place of its own: what is read is never half of two. */
const say = async (file: Handle, owner: Owner, beat: number): Promise<void> => {
  const bytes = Buffer.from(`${JSON.stringify(owner)}\n${String(beat).padStart(12, "0")}\n`);
  await writeAll(file, bytes, 0);
};

const demandDead = async (found: Buffer, options: LockOptions, self: Owner, path: string): Promise<void> => {
  const { disk, takeOver = false, beat_ms = 10_000 } = options;
  const owner = ownerIn(found);
  switch (owner === undefined ? "unknown" : verdict(owner, self)) {
    case "dead":
      return;
    case "alive":
      throw new Locked(owner, `another instance is at work on it: ${shown(owner)}`);
    case "unknown": {
      if (!takeOver) {
        throw new Locked(
          owner,
          `another instance may be at work on it: ${shown(owner)}, and from here it cannot be told whether it still runs; if it does not, --take-over goes on in its place`,
        );
      }
      // By our own clock: that of the other host may go differently.
      await new Promise((resolve) => setTimeout(resolve, 3 * beat_ms));
      const now = await disk.read(path);
      if (now !== undefined && !now.equals(found)) {
        throw new Locked(owner, `another instance is at work on it, and gives signs of life: ${shown(owner)}`);
      }
    }
  }
};

/** Whether an owner lives, as far as it can be told from where `self` is. */
export const verdict = (owner: Owner, self: Pick<Owner, "host" | "boot" | "space">): "alive" | "dead" | "unknown" => {
  if (owner.host !== self.host) return "unknown";
  // A name that every machine has is no name.
  if (owner.boot !== self.boot) return owner.host.startsWith("localhost") ? "unknown" : "dead";
  if (owner.space !== self.space) return "unknown";
  const ticks = startTime(owner.pid);
  if (ticks === undefined) return "dead";
  return ticks === owner.ticks ? "alive" : "dead";
};

export const ownerIn = (bytes: Buffer): Owner | undefined => {
  try {
    return JSON.parse(bytes.toString().split("\n")[0] ?? "") as Owner;
  } catch {
    return undefined;
  }
};

const shown = (owner: Owner | undefined): string =>
  owner === undefined ? "its lock cannot be read" : `process ${owner.pid} on ${owner.host}, since ${owner.since}`;
