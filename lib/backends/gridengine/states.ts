/** The meaning of the letters of which qstat makes a state (sge_status(5)). */
import type { JobMeaning, Obstacle } from "../../scheduler/answers.js";

/** Any letter besides, as a newer Grid Engine may have it, means nothing; `z` has ended, and no list of ours shows it. */
export const meaningOfLetters = (letters: string): JobMeaning => {
  if (!/^[dEhqrRstSTw]+$/.test(letters)) return { is: "unknown" };
  // `t`: on its way to its host. `s`, `S`, `T`: stopped for a while.
  const isRunning = /[rsST]/.test(letters) && !/[tqw]/.test(letters);
  return {
    ...{ is: "live", state: isRunning ? "running" : "pending" },
    ...(letters.includes("d") && { completing: true, cancelling: true }),
  };
};

export interface Waiting {
  readonly letters: string;
  /** Why the job could not be started. */
  readonly errors: readonly string[];
  /** Whether the job waits for other jobs (`-hold_jid`). */
  readonly depends: boolean;
}

export const obstacleOfLetters = ({ letters, errors, depends }: Waiting): Obstacle | undefined => {
  if (letters.includes("d")) return undefined;
  if (letters.includes("E")) {
    const why = errors.length === 0 ? "" : ` (${errors.join("; ")})`;
    return { is: "blocked", advice: `Grid Engine could not start the job${why}: ${CLEAR}` };
  }
  if (!/h/.test(letters) || !/[qw]/.test(letters) || depends) return undefined;
  return {
    is: "held",
    advice: "the job is held: `qrls` lets the job go on; what an administrator holds, only they release",
  };
};

const CLEAR =
  "mend that and let the job go on with `qmod -cj`, or delete it with `qdel` and run it again with --retry-failed";
