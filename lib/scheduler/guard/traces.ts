/** What the guard of a job has left in its directory, and how a job that has not begun is kept from it. */
import { readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { makeDirectorySync } from "../../system/files/make-directory.js";
import { baseOf, jobKey } from "../job-id.js";
import { CLAIM, ENDED, REFUSED, SIGNALLED } from "./guard.js";

/** What the guard of a job has left behind. */
export interface Traces {
  /** The job that has begun the work, `12` or `12;cluster`; empty if that cannot be read. */
  readonly claim?: string;
  /** The exit status with which the work ended. */
  readonly ended?: number;
  /** Slurm had told it, or a part of it, to end before. */
  readonly signalled: boolean;
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
  const claims = names.filter((name) => IS_CLAIM.test(name) && linkIn(directory, name) !== FENCED);
  const [first] = claims;
  const endings = claims.map((name) => endIn(join(directory, `${ENDED}${name.slice(CLAIM.length)}`)));
  const whole = endings.filter((end) => end !== undefined);
  return {
    ...{ refused, signalled: whole.some(({ signalled }) => signalled) },
    ...(first !== undefined && { claim: jobIn(linkIn(directory, first)) }),
    ...(claims.length > 0 &&
      whole.length === claims.length && { ended: whole.find(({ status }) => status !== 0)?.status ?? 0 }),
  };
};

const IS_CLAIM = new RegExp(`^${CLAIM}(\\.\\d+)?$`);

const linkIn = (directory: string, name: string): string => {
  try {
    return readlinkSync(join(directory, name));
  } catch {
    // Somebody has it all the same.
    return "";
  }
};

/** The guard writes its number and its cluster first. */
const jobIn = (link: string): string => {
  const [, id, cluster = ""] = /^(\d+) (\S*) /.exec(link) ?? [];
  return id === undefined ? "" : jobKey(id, cluster === "" ? undefined : cluster);
};

const namesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory);
  } catch {
    // It was never made, or what is known of it is all that will ever be.
    return [];
  }
};

const endIn = (path: string): { readonly status: number; readonly signalled: boolean } | undefined => {
  try {
    const [, status, who = ""] = /^ended (\d+) ([^\n]*)\n$/.exec(readFileSync(path, "utf8")) ?? [];
    return status === undefined ? undefined : { status: Number(status), signalled: who.endsWith(` ${SIGNALLED}`) };
  } catch {
    return undefined;
  }
};

/** `fenced`: nobody will begin the work. `begun`: somebody has. `unsure`: the file system has not let us, for now. */
export type Fence = { readonly is: "fenced" | "unsure" } | { readonly is: "begun"; readonly job?: string };

/** Sees to it that the work is never begun. If it was, tells the job that did, as far as that is known. */
export const fence = (directory: string): Fence => {
  const path = join(directory, CLAIM);
  try {
    makeDirectorySync(directory, 0o700);
    symlinkSync(FENCED, path);
  } catch {
    // Somebody has the claim, if only an earlier start of ours; or nothing can be made there: which it is, is seen now.
  }
  const { claim } = tracesIn(directory);
  const isFenced = linkIn(directory, CLAIM) === FENCED;
  if (claim === undefined) return { is: isFenced ? "fenced" : "unsure" };
  // Tasks of an array that have begun: the others are not kept from it either.
  if (isFenced) lift(path);
  return { is: "begun", ...(claim !== "" && { job: claim }) };
};

const lift = (path: string): void => {
  try {
    rmSync(path, { force: true });
  } catch {
    // Tasks that it keeps from their work say so themselves.
  }
};

/** The job that has begun the work. */
export const begunBy = (directory: string): string | undefined => tracesIn(directory).claim || undefined;

/** Whether it was that one. Its guard knows the name of its cluster, which others may leave out. */
export const isBegunBy = (directory: string, job: string): boolean =>
  baseOf(tracesIn(directory).claim ?? "") === baseOf(job);
