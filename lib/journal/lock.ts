/**
 * The lock of a state directory, safe on NFS too: each process makes a file of its own and links it to the name of the
 * lock, and the link succeeds for one process only (open(2), on O_EXCL). The owner writes its identity and a heartbeat.
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
  /** When the process was started, in ticks since the boot. */
  readonly ticks: string;
  readonly boot: string;
  readonly space: string;
  /** The real path of the directory that is locked, from which a copy of the lock is told. Version 0.1 wrote none. */
  readonly directory?: string;
  /** UTC, ISO 8601. */
  readonly since: string;
}

export interface Lock {
  /** Rejects with `LockLost` if this process no longer holds the lock. */
  readonly fence: () => Promise<void>;
  readonly release: () => Promise<void>;
}

/** Another process holds the lock, or may hold it. */
export class Locked extends Error {
  constructor(
    readonly owner: Owner | undefined,
    message: string,
  ) {
    super(message);
    this.name = "Locked";
  }
}

/** Another process has taken the lock, or its file was removed. */
export class LockLost extends Error {
  override readonly name = "LockLost";
}

export interface LockOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** Takes the lock from an owner that may be dead, unless the owner's heartbeat continues. */
  readonly takeOver?: boolean;
  /** The time between two heartbeats. */
  readonly beat_ms?: number;
  /** The process that wants the lock; by default this one. */
  readonly self?: Owner;
  /** What the lock is for, for messages. */
  readonly what?: string;
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

/** Takes the lock. Rejects with `Locked`, or with the error of the file system. */
export const acquire = async (options: LockOptions): Promise<Lock> => {
  const { disk, directory, beat_ms = 10_000 } = options;
  await disk.makeDirectory(directory);
  const self: Owner = { ...(options.self ?? ourselves()), directory: await disk.real(directory) };
  const [ownFile, lock] = [ownerPath(directory, self.nonce), lockPath(directory)];
  const file = await disk.open(ownFile, "create");
  try {
    await writeOwner(file, self, 0);
    // A crash of the machine must not leave a lock without an owner in it.
    await file.sync();
    await linkLock(options, self, lock);
    return await openLock(file);
  } catch (error) {
    await file.close().catch(() => undefined);
    await disk.unlink(ownFile).catch(() => undefined);
    throw error;
  }

  async function openLock(handle: Handle): Promise<Lock> {
    const inode = (await disk.stat(ownFile))?.inode;
    let beat = 0;
    const heartbeat = setInterval(() => void writeOwner(handle, self, ++beat).catch(() => undefined), beat_ms).unref();
    const isOurs = async () => (await disk.stat(lock))?.inode === inode;
    return {
      fence: async () => {
        const now = await disk.stat(lock);
        if (now === undefined)
          throw new LockLost(
            `${lock} was removed: the program starts nothing more without it, and what is running continues`,
          );
        if (now.inode !== inode) throw new LockLost(`${lock} is no longer held by this process`);
      },
      release: async () => {
        clearInterval(heartbeat);
        if (await isOurs()) await disk.unlink(lock);
        await disk.unlink(ownFile);
        await handle.close();
      },
    };
  }
};

/**
 * Links the owner file of this process to the name of the lock. If a dead owner has that name, one process alone removes
 * it, under a second lock: otherwise a slow process would remove the lock that a faster process has taken meanwhile.
 */
const linkLock = async (options: LockOptions, self: Owner, path: string): Promise<void> => {
  const { disk, directory } = options;
  for (;;) {
    if (await linked(disk, ownerPath(directory, self.nonce), path)) return;
    const found = await disk.read(path);
    // The owner has released the lock in the meantime.
    if (found === undefined) continue;
    await demandDead(found, options, self, path);
    const dead = nonceIn(found);
    const removal = `${path}-after-${dead}`;
    await linkLock(options, self, removal);
    try {
      if (nonceIn((await disk.read(path)) ?? Buffer.alloc(0)) === dead) {
        await disk.unlink(path);
        await disk.unlink(ownerPath(directory, dead));
      }
    } finally {
      await disk.unlink(removal);
    }
  }
};

const nonceIn = (bytes: Buffer): string => ownerIn(bytes)?.nonce ?? "";

/** Whether the link was made. A file server's reply may get lost, so a second name of the file also proves it. */
const linked = async (disk: Disk, ownFile: string, lock: string): Promise<boolean> => {
  try {
    await disk.link(ownFile, lock);
    return true;
  } catch (error) {
    if ((await disk.stat(ownFile))?.links === 2n) return true;
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
};

/** Writes the identity and a heartbeat of fixed length, so a reader never sees a mix of two identities. */
const writeOwner = async (file: Handle, owner: Owner, beat: number): Promise<void> => {
  const bytes = Buffer.from(`${JSON.stringify(owner)}\n${String(beat).padStart(12, "0")}\n`);
  await writeAll(file, bytes, 0);
};

const demandDead = async (found: Buffer, options: LockOptions, self: Owner, path: string): Promise<void> => {
  const { disk, takeOver = false, beat_ms = 10_000, what = "this ensemble" } = options;
  const owner = ownerIn(found);
  if (owner !== undefined && (await isCopied(owner, options, self))) return;
  switch (owner === undefined ? "unknown" : livenessOf(owner, self)) {
    case "dead":
      return;
    case "alive":
      throw new Locked(owner, `another instance is running ${what}: ${shown(owner)}`);
    case "unknown": {
      if (!takeOver) {
        throw new Locked(
          owner,
          `another instance may be running ${what}: ${shown(owner)}. This machine cannot tell whether that process is alive; if it is not, --take-over resumes in its place`,
        );
      }
      // Waits for a heartbeat instead of comparing times: the clock of the other host may differ.
      await new Promise((resolve) => setTimeout(resolve, 3 * beat_ms));
      const now = await disk.read(path);
      if (now !== undefined && !now.equals(found)) {
        throw new Locked(owner, `another instance is running ${what}, and its heartbeat continues: ${shown(owner)}`);
      }
    }
  }
};

/**
 * Whether a lock was copied along with its directory: the original is in the owner's directory still, and what this process
 * has made in its own directory is not there.
 */
const isCopied = async ({ directory, nonce }: Owner, { disk }: LockOptions, self: Owner): Promise<boolean> => {
  if (directory === undefined || directory === self.directory) return false;
  const original = await disk.read(lockPath(directory)).catch(() => undefined);
  if (original === undefined || nonceIn(original) !== nonce) return false;
  return (await disk.stat(ownerPath(directory, self.nonce))) === undefined;
};

/** Whether an owner is alive, as far as `self` can tell. */
export const livenessOf = (
  owner: Owner,
  self: Pick<Owner, "host" | "boot" | "space">,
): "alive" | "dead" | "unknown" => {
  if (owner.host !== self.host) return "unknown";
  // Many machines are called `localhost`.
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
