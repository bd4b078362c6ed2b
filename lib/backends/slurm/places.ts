/** Where what belongs to a job is kept: a directory each, below the state directory, that its node can see too. */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import type { JobRequest } from "../../effects.js";
import type { Claims } from "../../world/claim.js";
import { commentOf, guarded, headerOf } from "./guard.js";
import { MARK } from "./own.js";

export interface Places {
  /** Tells this hand-over from every other one, of every ensemble; in characters that Slurm leaves as they are. */
  mark(token: string): string;
  directory(token: string): string;
  /** Makes the directory and what is submitted from it. Throws what the file system says. */
  prepare(request: JobRequest): Submission;
  /** Whether what was submitted under that token is guarded. */
  guards(request: JobRequest): boolean;
  /** All that is kept of it may go once that it ended is remembered. */
  ended(token: string): void;
}

/** What is handed to sbatch. */
export interface Submission {
  readonly script: string;
  readonly comment: string;
  readonly guarded: boolean;
}

/**
 * `claims` are those of the state directory. Without them nothing outlives the program, and `scratch` on this machine
 * will do; no node can see that, so nothing is guarded.
 */
export const openPlaces = (claims: Claims | undefined, scratch: string): Places => {
  const root = claims?.path(".") ?? scratch;
  let identity: string | undefined;
  const mark = (token: string) => {
    identity ??= claims === undefined ? random() : identityIn(claims.path(IDENTITY));
    return `${identity}.${token.replace(/[^A-Za-z0-9._-]/g, "_")}`;
  };
  const directory = (token: string) => join(root, token);
  return {
    mark,
    directory,
    prepare: (request) => {
      const { token, guard, directory: where } = request;
      const file = isAbsolute(request.script) ? request.script : join(where, request.script);
      const text = readFileSync(file);
      const own = directory(token);
      mkdirSync(own, { recursive: true, mode: 0o700 });
      const theirs = commentOf(headerOf(text.toString("latin1")));
      const comment = `${MARK}${mark(token)}${theirs === undefined ? "" : ` ${theirs}`}`;
      const with_guard =
        guard && claims !== undefined ? guarded(text, { directory: own, root, mark: mark(token) }) : undefined;
      if (with_guard === undefined) return { script: file, comment, guarded: false };
      // Under its own name: a job without a name is called by that of its script.
      const script = join(own, basename(file));
      writeFileSync(script, with_guard, { mode: 0o700 });
      chmodSync(script, 0o700);
      return { script, comment, guarded: true };
    },
    guards: ({ token, script }) => claims !== undefined && existsSync(join(directory(token), basename(script))),
    ended: (token) => claims?.ended(directory(token)),
  };
};

/** No name of a token: those begin with a number. */
const IDENTITY = "slurm-identity";

/** Whether anything can have been submitted under a mark yet. */
export const hasIdentity = (claims: Claims): boolean =>
  (statSync(claims.path(IDENTITY), { throwIfNoEntry: false })?.size ?? 0) > 0;

/** Eleven characters that no other ensemble has, made when they are first needed, and there before anything is submitted. */
const identityIn = (path: string): string => {
  try {
    const file = openSync(path, "wx", 0o600);
    writeFileSync(file, random());
    fsyncSync(file);
    closeSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFileSync(path, "utf8");
};

const random = (): string =>
  BigInt(`0x${randomBytes(7).toString("hex")}`)
    .toString(36)
    .padStart(11, "0");
