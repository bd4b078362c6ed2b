/** Observations of a job, and the verdicts on them. */
import { accountRowOf } from "../../../lib/backends/slurm/accounting-output.js";
import { SLURM } from "../../../lib/backends/slurm/dialect.js";
import { queueRowOf } from "../../../lib/backends/slurm/queue-output.js";
import type { AccountRow, QueueRow } from "../../../lib/scheduler/answers.js";
import type { Dialect } from "../../../lib/scheduler/dialect.js";
import type { Observation } from "../../../lib/scheduler/watch/observation.js";
import { judge } from "../../../lib/scheduler/watch/verdict.js";

export const PATIENCE = { lost_after_s: 600 };
const TIME = "2026-01-01T00:00:00";

/** A row of squeue. */
export const row = (state: string, reason = "None"): QueueRow =>
  queueRowOf({ base: "12", part: false, state, reason, submitted: TIME, name: "tst-0", comment: "me:a.1" });
/** A record of sacct. */
export const account = (state: string, exit = { status: 0, signal: 0 }, by?: number): AccountRow =>
  accountRowOf({
    ...{ base: "12", state, exit, submitted: TIME, comment: "", line: "" },
    ...(by !== undefined && { by }),
  });
/** The traces of a guard that has not started the work. */
export const unclaimed = { refused: false, signalled: false };
/** The traces of a guard that has started the work. */
export const claimed = { claim: "12", refused: false, signalled: false };
/** One snapshot of a job: nothing is known of it but what `over` says. */
export const observation = (over: Partial<Observation>): Observation => ({
  parts: false,
  cancelling: false,
  looks: 1,
  for_s: 0,
  owner: { uid: 1000, user: "me" },
  canLeaveTrace: true,
  ...over,
});
/** The verdict in short: `live`, `ask`, `succeeded`, `failed 3`. */
export const verdict = (over: Partial<Observation>, dialect: Dialect = SLURM): string => {
  const found = judge(dialect, observation(over), PATIENCE);
  if (found.is !== "ended") return found.is;
  const { failure } = found;
  return failure === undefined
    ? "succeeded"
    : [failure.cause, failure.status, failure.signal].filter((part) => part != null).join(" ");
};
