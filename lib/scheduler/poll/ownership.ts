/** Which of all that Slurm tells of is about a job of ours: the mark in its comment says so, and no id does. */
import type { Account } from "../../backends/slurm/accounting-output.js";
import type { Row } from "../../backends/slurm/queue-output.js";
import { meaningOf } from "../../backends/slurm/states.js";
import { baseOf, jobKey } from "../job-id.js";
import type { Accounts } from "./accounting.js";

/** What a comment of ours begins with. */
export const MARK = "me:";

/** The mark in a comment, if it is one of ours. */
export const markIn = (comment: string): string | undefined => /^me:(\S+)(?: |$)/.exec(comment)?.[1];

/** Of the parts of an array, or of a job of several components, the one that says most of the whole: who still goes on, else who failed. */
export const representative = (rows: readonly Row[]): Row | undefined => best(rows, ({ state }) => state);

const best = <T>(all: readonly T[], stateOf: (one: T) => string): T | undefined => {
  const rank = (one: T): number => {
    const meaning = meaningOf(stateOf(one));
    if (meaning.is === "live") return meaning.completing ? 2 : meaning.state === "running" ? 0 : 1;
    if (meaning.is === "unknown") return 3;
    return meaning.cause === "succeeded" ? 5 : 4;
  };
  return all.reduce<T | undefined>(
    (least, one) => (least === undefined || rank(one) < rank(least) ? one : least),
    undefined,
  );
};

export interface JobIdentity {
  readonly id: string;
  readonly mark: string;
  /** When it was submitted, as Slurm tells it; absent as long as it was not seen. */
  readonly submitted?: string;
}

/**
 * Whether a row with the id of a job is about that job. A site's own rules, or somebody, may have put another comment in
 * the place of ours: when it was submitted stays. `known`: whether it is the job for other reasons, before it was seen.
 */
export const isRowOf = (
  { comment, submitted: at }: Row,
  { mark, submitted }: Omit<JobIdentity, "id">,
  known: () => boolean,
): boolean => {
  const other = markIn(comment);
  if (other !== undefined) return other === mark;
  return submitted === undefined ? known() : at === submitted;
};

/** What accounting says of this very job. */
export const accountOf = (accounts: Accounts, job: JobIdentity): Account | "none" | "off" | "silent" => {
  if (typeof accounts === "string") return accounts;
  const own = accounts.filter((account) => account.base === baseOf(job.id) && isOwn(account, job));
  return best(own, ({ state }) => state) ?? "none";
};

/** Where neither its comment nor its submit line is kept, the id has to do, and the time. */
const isOwn = (account: Account, { mark, submitted }: JobIdentity): boolean =>
  account.comment === "" && account.line === ""
    ? submitted === undefined || submitted === account.submitted
    : isMarked(account, mark);

export const isMarked = ({ comment, line }: Account, mark: string): boolean =>
  holds(comment, mark) || holds(line, mark);

const holds = (text: string, mark: string): boolean => text.split(/[\s=]+/).includes(`${MARK}${mark}`);

/** The job that accounting knows under a mark. */
export const markedIn = (accounts: readonly Account[], mark: string): string | undefined => {
  const account = accounts.find((one) => isMarked(one, mark));
  return account === undefined ? undefined : jobKey(account.base, account.cluster);
};
