/** The names of files in a state directory. */
import { join } from "node:path";

/** A journal file. Journal files are numbered from 1. */
export const segmentPath = (directory: string, segment: number): string =>
  join(directory, `journal-${String(segment).padStart(6, "0")}.ndjson`);

/** The number of a journal file; undefined for other files. */
const segmentOf = (name: string): number | undefined => {
  const digits = /^journal-(\d{6,})\.ndjson$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** The numbers of the journal files among these names, in order. */
export const segmentsIn = (names: readonly string[]): readonly number[] =>
  names
    .map(segmentOf)
    .filter((segment) => segment !== undefined)
    .sort((a, b) => a - b);

export const lockPath = (directory: string): string => join(directory, "lock");

/** The file in which a process writes its identity before it takes the lock. */
export const ownerPath = (directory: string, nonce: string): string => join(directory, `owner-${nonce}`);

/** The copy of a torn end. */
export const tornPath = (directory: string, offset: number): string => join(directory, `torn-${timestamp()}-${offset}`);

/** The new name of a damaged journal file. */
export const damagedPath = (directory: string, segment: number): string =>
  join(directory, `damaged-${String(segment).padStart(6, "0")}-${timestamp()}`);

/** The directory for the old state when an ensemble starts over. */
export const beforePath = (directory: string): string => join(directory, `before-${timestamp()}`);

/** Whether a file moves aside when an ensemble starts over. The files of the lock and older states stay. */
export const movesAside = (name: string): boolean => !/^(lock|owner-|before-)/.test(name);

/** The time, for file names. It has no colons, since some programs take a name with colons for a path on another host. */
const timestamp = (): string => new Date().toISOString().replaceAll(":", "");

/** The directory of the claims of commands and jobs. */
export const claimsPath = (directory: string): string => join(directory, "claims");
