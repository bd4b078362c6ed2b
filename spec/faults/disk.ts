/** A disk in memory for the journal, which knows what is synced, and so what a crash may lose. */
import { dirname } from "node:path";
import type { Disk, Handle } from "../../lib/journal/disk.js";
import type { Gate } from "./gate.js";

/**
 * What a crash loses. `nothing`: the program is killed, and the system survives. `unsynced`: all names and bytes that are
 * not synced. `torn`: half of the unsynced bytes, but no names. `zeros`: no names, but unsynced bytes become zeros, as on
 * a file system that makes a file longer before it writes the bytes.
 */
export type Loss = (typeof LOSSES)[number];
export const LOSSES = ["nothing", "unsynced", "torn", "zeros"] as const;

export interface FakeDisk {
  /** The disk of one program. Once the program is dead, its operations have no effect and no answer. */
  mount(gate: Gate): Disk;
  crash(loss: Loss): void;
  /** The current contents. */
  readonly now: Contents;
  /** The contents after the worst crash. */
  readonly durable: Contents;
}

export interface Contents {
  names(): readonly string[];
  read(path: string): Buffer;
}

interface File {
  readonly inode: bigint;
  bytes: Buffer;
  synced: Buffer;
}

export const openDisk = (): FakeDisk => {
  let inodes = 0n;
  /** The current names, and those after the worst crash. Directories are durable at once. */
  const names = new Map<string, File>();
  const durable = new Map<string, File>();
  const fileAt = (path: string): File => names.get(path) ?? fail("ENOENT");

  const handle = (file: File, step: Step): Handle => ({
    write: (bytes, from, position) => {
      const put = (part: Buffer) => {
        const after = file.bytes.subarray(Math.min(file.bytes.length, position + part.length));
        file.bytes = Buffer.concat([file.bytes.subarray(0, position), part, after]);
        return part.length;
      };
      const all = bytes.subarray(from);
      return step(
        "write",
        () => put(all),
        () => put(all.subarray(0, all.length >> 1)),
      );
    },
    sync: () =>
      step("sync", () => {
        file.synced = file.bytes;
      }),
    truncate: (length) =>
      step("truncate", () => {
        file.bytes = file.bytes.subarray(0, length);
      }),
    close: () => step("close", () => undefined),
  });

  return {
    mount: (gate) => {
      const step = stepping(gate);
      // A read changes nothing, so a death at a read is the same as a death before the next step.
      const read = <T>(act: () => T): Promise<T> => (gate.dead() ? NEVER() : attempt(act));
      return {
        makeDirectory: () => Promise.resolve(),
        real: (path) => Promise.resolve(path),
        list: (path) =>
          read(() =>
            [...names.keys()].filter((name) => dirname(name) === path).map((name) => name.slice(path.length + 1)),
          ),
        read: (path) => read(() => names.get(path)?.bytes),
        open: (path, how) =>
          step(`open ${path}`, () => {
            if (how === "existing") return handle(fileAt(path), step);
            if (names.has(path)) fail("EEXIST");
            const file = { inode: ++inodes, bytes: NONE, synced: NONE };
            names.set(path, file);
            return handle(file, step);
          }),
        rename: (from, to) =>
          step(`rename ${from}`, () => {
            names.set(to, fileAt(from));
            names.delete(from);
          }),
        link: (from, to) =>
          step(`link ${to}`, () => {
            if (names.has(to)) fail("EEXIST");
            names.set(to, fileAt(from));
          }),
        unlink: (path) => step(`unlink ${path}`, () => void names.delete(path)),
        stat: (path) =>
          read(() => {
            const file = names.get(path);
            if (file === undefined) return undefined;
            const links = [...names.values()].filter((other) => other === file).length;
            return { inode: file.inode, links: BigInt(links) };
          }),
        syncDirectory: (path) =>
          step("syncDirectory", () => {
            for (const name of durable.keys()) if (dirname(name) === path) durable.delete(name);
            for (const [name, file] of names) if (dirname(name) === path) durable.set(name, file);
          }),
      };
    },
    crash: (loss) => {
      if (loss === "nothing") return;
      if (loss === "unsynced") {
        names.clear();
        for (const [name, file] of durable) names.set(name, file);
      }
      for (const file of new Set([...names.values(), ...durable.values()])) {
        file.bytes = afterCrash(file, loss);
        file.synced = file.bytes;
      }
      durable.clear();
      for (const [name, file] of names) durable.set(name, file);
    },
    now: { names: () => [...names.keys()], read: (path) => fileAt(path).bytes },
    durable: { names: () => [...durable.keys()], read: (path) => durable.get(path)?.synced ?? fail("ENOENT") },
  };
};

const afterCrash = ({ bytes, synced }: File, loss: Loss): Buffer => {
  const kept = synced.length;
  if (loss === "unsynced") return synced;
  if (bytes.length <= kept) return bytes;
  if (loss === "torn") return bytes.subarray(0, kept + ((bytes.length - kept) >> 1));
  return Buffer.concat([bytes.subarray(0, kept), Buffer.alloc(bytes.length - kept)]);
};

type Step = <T>(name: string, act: () => T, half?: () => void) => Promise<T>;

const stepping =
  (gate: Gate): Step =>
  (name, act, half) => {
    try {
      const passed = gate.pass(name, act, half);
      return passed === undefined ? NEVER() : Promise.resolve(passed.value);
    } catch (error) {
      return Promise.reject(error);
    }
  };

const attempt = <T>(act: () => T): Promise<T> => {
  try {
    return Promise.resolve(act());
  } catch (error) {
    return Promise.reject(error);
  }
};

/** A new promise each time: a shared one would keep a reference to every waiter. */
const NEVER = <T>(): Promise<T> => new Promise<T>(() => undefined);

const NONE = Buffer.alloc(0);

export const errno = (code: string): Error => Object.assign(new Error(code), { code });

const fail = (code: string): never => {
  throw errno(code);
};
