/** The identity of an ensemble: characters that tell its jobs from those of every other ensemble. */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Claims } from "../../system/processes/claims.js";

/** `claims`: the directory of claims. `name`: the dialect's. */
export interface IdentityPlace {
  readonly claims: Pick<Claims, "path">;
  readonly name: string;
}

/** No token has such a name: tokens begin with a number. */
export const identityPath = ({ claims, name }: IdentityPlace): string => claims.path(`${name}-identity`);

/** The identity, where there is one: without it, nothing was submitted under a mark yet. */
export const knownIdentity = (place: IdentityPlace): string | undefined => identityAt(identityPath(place));

/** The identity. It is made when it is first needed, and is on disk before anything is submitted. */
export const identityIn = (place: IdentityPlace): string => {
  const known = knownIdentity(place);
  if (known !== undefined) return known;
  const path = identityPath(place);
  const made = randomIdentity();
  const file = openSync(`${path}.new`, "w", 0o600);
  writeFileSync(file, made);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
  return made;
};

const LENGTH = 11;

/** Only a whole one counts: the beginning of an identity would not be unique. */
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
