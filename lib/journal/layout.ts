/** What is where in a state directory. */
import { join } from "node:path";

/** A file of the journal. They are numbered from 1. */
export const segmentPath = (directory: string, segment: number): string =>
  join(directory, `journal-${String(segment).padStart(6, "0")}.ndjson`);

/** The number of a file of the journal; nothing for other files. */
const segmentOf = (name: string): number | undefined => {
  const digits = /^journal-(\d{6,})\.ndjson$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** The numbers of the files of a journal among names, from the first to the newest. */
export const segmentsIn = (names: readonly string[]): readonly number[] =>
  names
    .map(segmentOf)
    .filter((segment) => segment !== undefined)
    .sort((a, b) => a - b);

export const lockPath = (directory: string): string => join(directory, "lock");

/** What one instance says of itself before it has the lock. */
export const ownerPath = (directory: string, nonce: string): string => join(directory, `owner-${nonce}`);

/** Where a torn end is kept. */
export const tornPath = (directory: string, offset: number): string => join(directory, `torn-${timestamp()}-${offset}`);

/** Where a damaged file is kept. */
export const damagedPath = (directory: string, segment: number): string =>
  join(directory, `damaged-${String(segment).padStart(6, "0")}-${timestamp()}`);

/** Where is kept what an ensemble that begins anew does not go on with. */
export const beforePath = (directory: string): string => join(directory, `before-${timestamp()}`);

/** Whether it is put aside with the rest: the lock is held meanwhile, and what was put aside before stays. */
export const isPutAside = (name: string): boolean => !/^(lock|owner-|before-)/.test(name);

/** For the name of a file: colons would make it a host's to some programs. */
const timestamp = (): string => new Date().toISOString().replaceAll(":", "");

/** Traces of commands and jobs. */
export const claimsPath = (directory: string): string => join(directory, "claims");
