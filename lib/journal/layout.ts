/** What is where in a state directory. */
import { join } from "node:path";

/** A file of the journal. They are numbered from 1. */
export const segmentPath = (directory: string, segment: number): string =>
  join(directory, `journal-${String(segment).padStart(6, "0")}.ndjson`);

/** The number of a file of the journal; nothing for other files. */
export const segmentOf = (name: string): number | undefined => {
  const digits = /^journal-(\d{6,})\.ndjson$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

export const lockPath = (directory: string): string => join(directory, "lock");

/** What one instance says of itself before it has the lock. */
export const ownerPath = (directory: string, nonce: string): string => join(directory, `owner-${nonce}`);

/** Where a torn end is kept. */
export const tornPath = (directory: string, name: string): string => join(directory, `torn-${name}`);

/** Traces of commands and jobs. */
export const claimsPath = (directory: string): string => join(directory, "claims");
