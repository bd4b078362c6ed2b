/** What tells the jobs of an ensemble from those of every other one. */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Claims } from "../../system/processes/claims.js";

/** No name of a token: those begin with a number. */
const IDENTITY = "slurm-identity";

/** Whether anything can have been submitted under a mark yet. */
export const hasIdentity = (claims: Claims): boolean => identityAt(claims.path(IDENTITY)) !== undefined;

/** Characters that no other ensemble has, made when they are first needed, and there before anything is submitted. */
export const identityIn = (claims: Claims): string => {
  const path = claims.path(IDENTITY);
  const known = identityAt(path);
  if (known !== undefined) return known;
  const made = randomIdentity();
  const file = openSync(`${path}.new`, "w", 0o600);
  writeFileSync(file, made);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
  return made;
};

const LENGTH = 11;

/** Only whole: the beginning of one would not be the only one of its kind. */
const identityAt = (path: string): string | undefined => {
  try {
    const text = readFileSync(path, "utf8");
    return text.length === LENGTH ? text : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};

export const randomIdentity = (): string =>
  BigInt(`0x${randomBytes(7).toString("hex")}`)
    .toString(36)
    .padStart(LENGTH, "0");
