/** Where what belongs to a job is kept: a directory each, below the state directory, that its node can see too. */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import type { JobRequest } from "../../effects.js";
import type { Claims } from "../../world/claim.js";
import { CLAIM, commentOf, ENDED, guarded, headerOf, REFUSED } from "./guard.js";

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

/** What a comment of ours begins with. */
export const MARK = "me:";

/** The mark in a comment, if it is one of ours. */
export const markIn = (comment: string): string | undefined => /^me:(\S+)(?: |$)/.exec(comment)?.[1];

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

/** What the guard of a job has left behind. */
export interface Traces {
  /** Who has begun the work: the id of a job; or `fenced`, where nobody may any more. */
  readonly claim?: string;
  /** The exit status with which the work ended. */
  readonly ended?: number;
  /** It was started again, and has done nothing. */
  readonly refused: boolean;
}

const FENCED = "fenced";

/**
 * Looks into the directory of a job. Listing it has NFS ask the server, where a look at a single name may be answered
 * from memory. Of an array, the work has ended when that of every task that was begun has.
 */
export const tracesIn = (directory: string): Traces => {
  const names = namesIn(directory);
  const refused = names.some((name) => name.startsWith(REFUSED));
  const claims = names.filter((name) => new RegExp(`^${CLAIM}(\\.\\d+)?$`).test(name));
  const claim = claims.map((name) => readlinkSync(join(directory, name)).replace(/\..*/s, ""))[0];
  const endings = claims.map((name) => statusIn(join(directory, `${ENDED}${name.slice(CLAIM.length)}`)));
  const whole = endings.filter((status) => status !== undefined);
  return {
    refused,
    ...(claim !== undefined && { claim }),
    ...(claims.length > 0 && whole.length === claims.length && { ended: whole.find((status) => status !== 0) ?? 0 }),
  };
};

const namesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory);
  } catch {
    // It was never made, or what is known of it is all that will ever be.
    return [];
  }
};

const statusIn = (path: string): number | undefined => {
  try {
    const [, status] = /^ended (\d+) \S*\n$/.exec(readFileSync(path, "utf8")) ?? [];
    return status === undefined ? undefined : Number(status);
  } catch {
    return undefined;
  }
};

/** Sees to it that the work is never begun. If it was, tells the id of the job that did; undefined if that is unknown. */
export const fence = (
  directory: string,
): { readonly fenced: true } | { readonly fenced: false; readonly job?: string } => {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    symlinkSync(FENCED, join(directory, CLAIM));
    return { fenced: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const { claim } = tracesIn(directory);
    if (claim === FENCED) return { fenced: true };
    return { fenced: false, ...(claim !== undefined && claim !== "" && { job: claim }) };
  }
};
