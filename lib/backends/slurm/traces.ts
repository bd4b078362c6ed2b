/** What the guard of a job has left in its directory, and how a job that has not begun is kept from it. */
import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { CLAIM, ENDED, REFUSED } from "./guard.js";

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

/** The id of the job that has begun the work. */
export const begunBy = (directory: string): string | undefined => {
  const { claim } = tracesIn(directory);
  return claim === undefined || !/^\d+$/.test(claim) ? undefined : claim;
};
