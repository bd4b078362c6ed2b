/** Decides when a missing job is certainly absent. A wrong yes runs the work twice. */
import type { Site } from "../answers.js";
import type { Accounts } from "../poll/accounting.js";
import type { Snapshot } from "../poll/snapshot.js";

/** In polls while a job registers: by default two minutes. */
const POLLS = 6;

/** How long the program waits for accounting that does not answer. */
const LONGEST_S = 3600;

export type Absence =
  | "not yet"
  /**
   * Two successful polls did not show the job, long enough after the submit program gave up: its request may lie in the
   * server's queue for a while. Accounting has to be asked.
   */
  | "ask"
  | "certain"
  /** The job may have come and gone between two polls, and no source would know. */
  | "unknowable";

export interface AbsenceDecision {
  /** Takes in a snapshot that does not show the job. */
  notSeen(snapshot: Snapshot, site: Site): Extract<Absence, "not yet" | "ask">;
  /** Decides once accounting, which knows jobs that have come and gone, does not show the job either. */
  decide(accounts: Accounts, site: Site): Absence;
}

export interface AbsenceOptions {
  /** When the search started, and when the submit program did, in milliseconds; `since` is absent for an earlier start's. */
  readonly began: number;
  readonly since?: number;
  /** Between two polls while a job registers, in seconds. */
  readonly registering: number;
  /** The job's guard keeps it from working if it still comes. */
  readonly guarded: boolean;
  /** The submit program hangs and may submit the job at any time. */
  readonly hanging: boolean;
  /** Whether accounts show marks, and so can prove an absence. */
  readonly provable: boolean;
}

/** How long a request may be under way, in seconds. */
export const patience = (registering: number, { message_timeout_s }: Site): number =>
  Math.max(POLLS * registering, 2 * message_timeout_s);

export const openAbsence = ({
  began,
  since,
  registering,
  guarded,
  hanging,
  provable,
}: AbsenceOptions): AbsenceDecision => {
  let [polls, last, gap] = [0, since ?? Number.NEGATIVE_INFINITY, 0];
  return {
    notSeen: ({ at, silent }, site) => {
      // A cluster that does not answer may have the job.
      if (silent.size > 0) return "not yet";
      gap = Math.max(gap, at - last);
      last = at;
      if (at >= began) polls += 1;
      return polls < 2 || (at - began) / 1000 < patience(registering, site) ? "not yet" : "ask";
    },
    decide: (accounts, { min_job_age_s }) => {
      if (hanging && !guarded) return "unknowable";
      if (guarded || (provable && typeof accounts !== "string")) return "certain";
      // The queue shows an ended job for so long: a job that had come would have been seen.
      if (gap < min_job_age_s * 1000) return "certain";
      return accounts === "silent" && (last - began) / 1000 < LONGEST_S ? "not yet" : "unknowable";
    },
  };
};
