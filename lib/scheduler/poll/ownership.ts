/** Which rows of the queue and of accounting are about a job of ours. Its mark says so; an id may be reused. */
import type { AccountRow, JobMeaning, QueueRow } from "../answers.js";
import { baseOf, jobKey } from "../job-id.js";
import type { Accounts } from "./accounting.js";

/** Of the parts of a job, the one that stands for the whole: a part that has not ended, else one that failed. */
export const representative = (rows: readonly QueueRow[]): QueueRow | undefined => best(rows);

const best = <T extends { readonly meaning: JobMeaning }>(all: readonly T[]): T | undefined =>
  all.reduce<T | undefined>(
    (least, one) => (least === undefined || rank(one.meaning) < rank(least.meaning) ? one : least),
    undefined,
  );

const rank = (meaning: JobMeaning): number => {
  if (meaning.is === "live") return meaning.completing ? 2 : meaning.state === "running" ? 0 : 1;
  if (meaning.is === "unknown") return 3;
  return meaning.cause === "succeeded" ? 5 : 4;
};

export interface JobIdentity {
  readonly id: string;
  readonly mark: string;
  /** When the job was submitted, as the scheduler writes it; absent until the job is seen. */
  readonly submitted?: string;
}

/**
 * Whether a row with a job's id is about that job. A site's rules or a user may have replaced the mark; the time of
 * submission stays. `isKnown`: whether other evidence says that it is the job, before the job was seen.
 */
export const isRowOf = (
  { mark: other, submitted: at }: QueueRow,
  { mark, submitted }: Omit<JobIdentity, "id">,
  isKnown: () => boolean,
): boolean => {
  if (other !== undefined) return other === mark;
  return submitted === undefined || at === "" ? isKnown() : at === submitted;
};

/** What accounting says of this very job. */
export const accountOf = (accounts: Accounts, job: JobIdentity): AccountRow | "none" | "off" | "silent" => {
  if (typeof accounts === "string") return accounts;
  const named = accounts.filter(({ base }) => base === baseOf(job.id));
  // Several times of submission under one id: the id was reused, and which record is ours only its own time tells.
  const isReused = new Set(named.map(({ submitted }) => submitted)).size > 1;
  return best(named.filter((account) => isOwn(account, job, isReused))) ?? "none";
};

/** Where a record cannot show a mark, the id and the time of submission have to do. */
const isOwn = ({ marks, submitted: at }: AccountRow, { mark, submitted }: JobIdentity, isReused: boolean): boolean => {
  if (marks !== undefined) return marks.includes(mark);
  return submitted === undefined ? !isReused : submitted === at;
};

/** Whether the record shows the mark. */
export const isMarked = ({ marks = [] }: AccountRow, mark: string): boolean => marks.includes(mark);

/** The id of the job that accounting knows under a mark. */
export const markedIn = (accounts: readonly AccountRow[], mark: string): string | undefined => {
  const account = accounts.find((one) => isMarked(one, mark));
  return account === undefined ? undefined : jobKey(account.base, account.cluster);
};
