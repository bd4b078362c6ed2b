/** All that the queue, accounting and the guard say of a job. */
import type { Evidence } from "../../events/event.js";
import type { AccountRow, QueueRow } from "../answers.js";
import type { Dialect, QueueUser } from "../dialect.js";
import type { Traces } from "../guard/traces.js";

/** What one snapshot shows of a job, and for how long the job has looked like that. */
export interface Observation {
  /** The job's own row in the queue; absent where a successful poll shows none. */
  readonly row?: QueueRow;
  /** The job has several parts: the row stands for them, and the queue may have forgotten others. */
  readonly parts: boolean;
  /** Absent until accounting was asked. */
  readonly account?: AccountRow | "none" | "off" | "silent";
  /** What the job's guard has left; absent without a guard. */
  readonly traces?: Traces;
  /** Whether the job is sure to have left a trace if it started: its node sees the directory, and it never ran visibly. */
  readonly canLeaveTrace: boolean;
  /** For how many snapshots in a row the job has looked so: gone, or ended. */
  readonly looks: number;
  /** Since the first of those, in seconds. */
  readonly for_s: number;
  /** Whether the queue has shown that the job is being cancelled. */
  readonly cancelling: boolean;
  /** The user whose job it is. */
  readonly owner: QueueUser;
}

/** What each source says, under the name of its program; the guard's is `marker`. One program may be two sources. */
export const evidenceOf = (
  { programs: { queue, accounting = "accounting" } }: Pick<Dialect, "programs">,
  { row, account, traces }: Observation,
): Evidence => ({
  [queue]:
    row === undefined
      ? "not there"
      : [row.state, row.reason].filter((word) => word !== "" && word !== "None").join(" "),
  ...(account !== undefined && {
    [accounting === queue ? "accounting" : accounting]: typeof account === "object" ? account.words : account,
  }),
  ...(traces !== undefined && {
    marker:
      traces.ended === undefined ? (traces.claim === undefined ? "not started" : "not ended") : String(traces.ended),
  }),
});
