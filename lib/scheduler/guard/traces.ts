/** What a job's guard has left in the job's directory, and how a job that has not started is kept from its work. */
import { readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { makeDirectorySync } from "../../system/files/make-directory.js";
import { baseOf, jobKey } from "../job-id.js";
import { CLAIM, ENDED, REFUSED, SIGNALLED } from "./guard.js";

export interface Traces {
  /** The job that has started the work, `12` or `12;cluster`; empty where that cannot be read. */
  readonly claim?: string;
  /** The exit status with which the work ended. */
  readonly ended?: number;
  /** The scheduler had told the work, or a part of it, to end before that. */
  readonly signalled: boolean;
  /** The job was started again, and has done nothing. */
  readonly refused: boolean;
}

const FENCED = "fenced";

/**
 * Reads the traces in a job's directory. Listing the directory makes NFS ask its server; a look at a single name may be
 * answered from a cache. An array has ended when every task that has started has ended.
 */
export const tracesIn = (directory: string): Traces => {
  const names = namesIn(directory);
  const refused = names.some((name) => name.startsWith(REFUSED));
  const claims = names.filter((name) => IS_CLAIM.test(name) && linkIn(directory, name) !== FENCED);
  const [first] = claims;
  const ends = claims.map((name) => endIn(join(directory, `${ENDED}${name.slice(CLAIM.length)}`)));
  const whole = ends.filter((end) => end !== undefined);
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
    // The claim is there all the same, and another job holds it.
    return "";
  }
};

/** The guard writes the job's id and its cluster first. */
const jobIn = (link: string): string => {
  const [, id, cluster = ""] = /^([^\s;]+) (\S*) /.exec(link) ?? [];
  return id === undefined ? "" : jobKey(id, cluster === "" ? undefined : cluster);
};

const namesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory);
  } catch {
    // The directory was never made, or is gone: there are no traces, and there will be none.
    return [];
  }
};

const endIn = (path: string): { readonly status: number; readonly signalled: boolean } | undefined => {
  try {
    const [, status, rest = ""] = /^ended (\d+) ([^\n]*)\n$/.exec(readFileSync(path, "utf8")) ?? [];
    return status === undefined ? undefined : { status: Number(status), signalled: rest.endsWith(` ${SIGNALLED}`) };
  } catch {
    return undefined;
  }
};

/** `fenced`: no job will start the work. `started`: a job has. `unsure`: the file system does not let the program, for now. */
export type Fence = { readonly is: "fenced" | "unsure" } | { readonly is: "started"; readonly job?: string };

/** Makes sure that no job starts the work from now on. If one has, names that job, as far as it is known. */
export const fence = (directory: string): Fence => {
  const path = join(directory, CLAIM);
  try {
    makeDirectorySync(directory, 0o700);
    symlinkSync(FENCED, path);
  } catch {
    // A job holds the claim, or an earlier start has fenced it off, or nothing can be made there: seen below.
  }
  const { claim } = tracesIn(directory);
  const isFenced = linkIn(directory, CLAIM) === FENCED;
  if (claim === undefined) return { is: isFenced ? "fenced" : "unsure" };
  // Some tasks of an array have started: the others must not be kept from their work.
  if (isFenced) lift(path);
  return { is: "started", ...(claim !== "" && { job: claim }) };
};

const lift = (path: string): void => {
  try {
    rmSync(path, { force: true });
  } catch {
    // Tasks that the fence keeps from their work say so themselves.
  }
};

/** The job that has started the work. */
export const startedBy = (directory: string): string | undefined => tracesIn(directory).claim || undefined;

/** Whether that job has started the work. Its guard knows the name of its cluster, which other sources may leave out. */
export const isStartedBy = (directory: string, job: string): boolean =>
  baseOf(tracesIn(directory).claim ?? "") === baseOf(job);
