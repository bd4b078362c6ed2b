/** When a job that is looked for is certain not to be there: the one question whose wrong answer does work twice. */
import type { Accounts } from "../poll/accounting.js";
import type { Site } from "../poll/site.js";
import type { Snapshot } from "../poll/snapshot.js";

/** In looks while a job registers: by default two minutes. */
const LOOKS = 6;

/** Accounting that does not answer is waited for, but not for ever. */
const LONGEST_S = 3600;

export type Absence =
  | "not yet"
  /** Two looks that succeeded did not show it, long enough after sbatch gave up: what that has sent may lie in slurmctld's queue. */
  | "ask"
  | "certain"
  /** It may have come and gone between two looks, and nobody is there who would know. */
  | "unknowable";

export interface AbsenceDecision {
  /** A look that does not show it. */
  notSeen(look: Snapshot, site: Site): Extract<Absence, "not yet" | "ask">;
  /** What follows once accounting, which knows those that have come and gone, does not tell of it either. */
  decide(accounts: Accounts, site: Site): Absence;
}

export interface AbsenceOptions {
  /** Now, and when its sbatch was started, in milliseconds; absent where an earlier start of this program did. */
  readonly began: number;
  readonly since?: number;
  /** Between two looks while a job registers, in seconds. */
  readonly registering: number;
  /** Its guard will leave it undone. */
  readonly guarded: boolean;
  /** Its sbatch hangs, and may hand it over at any time. */
  readonly hanging: boolean;
}

export const patience = (registering: number, { message_timeout_s }: Site): number =>
  Math.max(LOOKS * registering, 2 * message_timeout_s);

export const openAbsence = ({ began, since, registering, guarded, hanging }: AbsenceOptions): AbsenceDecision => {
  let [looks, last, gap] = [0, since ?? Number.NEGATIVE_INFINITY, 0];
  return {
    notSeen: ({ at, silent }, site) => {
      // A cluster that does not answer may have it.
      if (silent.size > 0) return "not yet";
      gap = Math.max(gap, at - last);
      last = at;
      if (at >= began) looks += 1;
      return looks < 2 || (at - began) / 1000 < patience(registering, site) ? "not yet" : "ask";
    },
    decide: (accounts, { min_job_age_s }) => {
      if (hanging && !guarded) return "unknowable";
      // The queue tells of an end for so long: whatever has come would have been seen.
      if (guarded || typeof accounts !== "string" || gap < min_job_age_s * 1000) return "certain";
      return accounts === "silent" && (last - began) / 1000 < LONGEST_S ? "not yet" : "unknowable";
    },
  };
};
