/** A disk with a fault: one operation fails, or this one and all later ones until the fault is lifted. */
import type { Disk, Handle } from "../../lib/journal/disk.js";
import { errno } from "./disk.js";

export const ERRNOS = ["ENOSPC", "EDQUOT", "EIO", "EROFS", "EACCES", "ESTALE", "EMFILE", "EINTR"] as const;

/** Short writes, which return no error: how many bytes are written. */
export const SHORT = {
  nothing: () => 0,
  "one byte": () => 1,
  half: (length: number) => length >> 1,
  "all but one byte": (length: number) => length - 1,
} as const;

export interface Fault {
  /** The number of the operation, or of the write, from 1. */
  readonly at: number;
  readonly kind:
    | { readonly code: (typeof ERRNOS)[number]; readonly done: boolean }
    | { readonly short: keyof typeof SHORT };
  /** Whether all later operations fail too. */
  readonly lasts: boolean;
}

export interface Faulty {
  readonly disk: Disk;
  lift(): void;
  /** The number of operations, and of writes. */
  count(): { readonly all: number; readonly writes: number };
  /** Whether the fault has occurred. */
  met(): boolean;
}

export const faulty = (disk: Disk, fault?: Fault): Faulty => {
  let [all, writes, met, lifted] = [0, 0, false, false];

  const strikes = (count: number): boolean => {
    if (fault === undefined || lifted || !(fault.lasts ? count >= fault.at : count === fault.at)) return false;
    met = true;
    return true;
  };

  const doing = async <T>(act: () => Promise<T>): Promise<T> => {
    all += 1;
    if (fault === undefined || !("code" in fault.kind) || !strikes(all)) return act();
    // With `done`, the operation succeeds although it returns an error.
    if (fault.kind.done) await act();
    throw errno(fault.kind.code);
  };

  const handle = (file: Handle): Handle => ({
    write: async (bytes, from, position) => {
      writes += 1;
      if (fault !== undefined && "short" in fault.kind && strikes(writes)) {
        const length = SHORT[fault.kind.short](bytes.length - from);
        return length === 0 ? 0 : file.write(bytes.subarray(0, from + length), from, position);
      }
      return doing(() => file.write(bytes, from, position));
    },
    sync: () => doing(() => file.sync()),
    truncate: (length) => doing(() => file.truncate(length)),
    close: () => doing(() => file.close()),
  });

  return {
    disk: {
      makeDirectory: (path) => doing(() => disk.makeDirectory(path)),
      list: (path) => doing(() => disk.list(path)),
      read: (path) => doing(() => disk.read(path)),
      open: async (path, how) => handle(await doing(() => disk.open(path, how))),
      rename: (from, to) => doing(() => disk.rename(from, to)),
      link: (from, to) => doing(() => disk.link(from, to)),
      unlink: (path) => doing(() => disk.unlink(path)),
      stat: (path) => doing(() => disk.stat(path)),
      real: (path) => disk.real(path),
      syncDirectory: (path) => doing(() => disk.syncDirectory(path)),
    },
    lift: () => {
      lifted = true;
    },
    count: () => ({ all, writes }),
    met: () => met,
  };
};

/** A disk that takes no new data while it is full. */
export const filling = (disk: Disk, full: () => boolean): Disk => {
  const needing = <T>(act: () => Promise<T>): Promise<T> => (full() ? Promise.reject(errno("ENOSPC")) : act());
  return {
    ...disk,
    open: async (path, how) => {
      const file = await (how === "create" ? needing(() => disk.open(path, how)) : disk.open(path, how));
      return {
        ...file,
        write: (bytes, from, position) => needing(() => file.write(bytes, from, position)),
        sync: () => needing(() => file.sync()),
      };
    },
  };
};
