/** What the words of squeue and sacct mean (their manuals, "JOB STATE CODES" and "JOB REASON CODES"). */
import type { JobCause } from "../../events/failure.js";

export type Meaning =
  | { readonly is: "live"; readonly state: "pending" | "running"; readonly completing?: true }
  | { readonly is: "ended"; readonly cause: "succeeded" | JobCause }
  | { readonly is: "unknown" };

/** A word that is not in the table, as a newer Slurm may have it, says nothing. */
export const meaningOf = (word: string): Meaning => STATES.get(word) ?? UNKNOWN;

/** What keeps a job from ever starting by itself, and what a person can do about it. */
export interface Obstacle {
  readonly is: "held" | "blocked";
  readonly advice: string;
}

/** Of the reason for which a job is pending. Limits that others' jobs, or time, make room under are none. */
export const obstacleOf = (reason: string, state: string): Obstacle | undefined => {
  const meaning = meaningOf(state);
  if (meaning.is !== "live" || meaning.state !== "pending") return undefined;
  const held = HELD_STATES.get(state) ?? HELD.find(([pattern]) => pattern.test(reason))?.[1];
  if (held !== undefined) return { is: "held", advice: held };
  const why = BLOCKED.find(([pattern]) => pattern.test(reason))?.[1];
  return why === undefined ? undefined : { is: "blocked", advice: `${why}; ${AGAIN}` };
};

const UNKNOWN: Meaning = { is: "unknown" };
const PENDING: Meaning = { is: "live", state: "pending" };
const RUNNING: Meaning = { is: "live", state: "running" };
const ended = (cause: "succeeded" | JobCause): Meaning => ({ is: "ended", cause });

const STATES: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ["PENDING", PENDING],
  // It has its nodes, and they are being booted.
  ["CONFIGURING", PENDING],
  // Since Slurm 25.11.
  ["EXPEDITING", PENDING],
  // In sacct, of a start that was taken back: the job itself waits again.
  ["REQUEUED", PENDING],
  ["REQUEUE_FED", PENDING],
  ["REQUEUE_HOLD", PENDING],
  // sacct calls it PENDING.
  ["SPECIAL_EXIT", PENDING],
  ["RESV_DEL_HOLD", PENDING],
  ["RUNNING", RUNNING],
  // Somebody more important has its nodes: it goes on later.
  ["SUSPENDED", RUNNING],
  ["STOPPED", RUNNING],
  ["SIGNALING", RUNNING],
  ["RESIZING", RUNNING],
  // Its files are on their way out of a burst buffer.
  ["STAGE_OUT", RUNNING],
  // It may hide any end, and may go back to pending.
  ["COMPLETING", { is: "live", state: "running", completing: true }],
  ["COMPLETED", ended("succeeded")],
  ["FAILED", ended("failed")],
  ["CANCELLED", ended("cancelled")],
  // Its exit code is 0:0, or that of a script which has caught the signal.
  ["TIMEOUT", ended("timeout")],
  ["OUT_OF_MEMORY", ended("out_of_memory")],
  // These three may be the end of a start only, and the job waits again: squeue knows.
  ["PREEMPTED", ended("preempted")],
  ["NODE_FAIL", ended("node_failure")],
  ["BOOT_FAIL", ended("node_failure")],
  ["DEADLINE", ended("deadline")],
  // REVOKED is not here: such a job runs in another cluster of the federation.
]);

const RELEASE = "`scontrol release` lets the job go on";
const AGAIN = "cancel the job, and run it again with --retry-failed";

const HELD_STATES: ReadonlyMap<string, string> = new Map([
  ["SPECIAL_EXIT", `its site's rules hold the job after how it ended: look into its log; ${RELEASE}`],
  ["REQUEUE_HOLD", `the job was put back into the queue, and is held: ${RELEASE}`],
  ["RESV_DEL_HOLD", `the job's reservation is gone or not valid: name another one, or none; ${AGAIN}`],
]);

const HELD: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/^JobHeldUser$/, `the job is held: ${RELEASE}`],
  [/^JobHeldAdmin$/, "an administrator holds the job: ask them, or cancel it"],
  [/^JobHoldMaxRequeue$|^launch fail.* held$/, `the job could not be launched, and is held: ask your site; ${RELEASE}`],
  [
    /^user env retrieval failed/,
    `the job's environment could not be had there (--get-user-env), and it is held: ${RELEASE}`,
  ],
  [/requeued (in )?held/, `the job was put back into the queue, and is held: ${RELEASE}`],
  [/^Reservation(Deleted|Invalid)$/, `the job's reservation is gone or not valid: name another one, or none; ${AGAIN}`],
  [/^BurstBufferOperation$/, `a burst buffer failed, and the job is held: look at its #BB or #DW lines; ${RELEASE}`],
];

/** Where what one job asks for is more, or less, than one job may: time does not help it. */
const PER_JOB = /^(Assoc|QOS)(Max[A-Za-z]+Per(Job|Node)(Limit)?|Min[A-Za-z]+)$/;

const BLOCKED: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^DependencyNeverSatisfied$/, "what the job waits for (--dependency) has failed, or is not there"],
  [
    /^PartitionTimeLimit$/,
    "the job asks for more time than the partition allows: shorten --time, or name another partition",
  ],
  [
    /^PartitionNodeLimit$/,
    "the job asks for more nodes, or fewer, than the partition allows: change --nodes, or name another partition",
  ],
  [/^PartitionConfig$/, "the job asks for more than the partition has: ask for less, or name another partition"],
  [
    /^BadConstraints$/,
    "no node can be what the job asks for: look at --constraint, --nodelist, --mem, --gres and the like",
  ],
  [
    /^MaxMemPerLimit$/,
    "the job asks for more memory than is allowed for a CPU or a node: lower --mem or --mem-per-cpu",
  ],
  [/^InvalidAccount$/, "the job's account is not valid any more: name another one with --account"],
  [/^AccountNotAllowed$/, "the job's account may not use the partition: name another --account or --partition"],
  [/^InvalidQOS$/, "the job's QOS is not valid any more: name another one with --qos"],
  [/^QOSNotAllowed$/, "the job's QOS may not be used with its account or partition: name another --qos"],
  [
    /MaxWallDurationPerJobLimit$/,
    "the job asks for more time than its account or QOS allows a job: shorten --time, or name another --qos",
  ],
  [/^QOSMin/, "the job asks for less than its QOS is for: ask for more, or name another --qos"],
  [PER_JOB, "the job asks for more than its account or QOS allows a job: ask for less, or name another --qos"],
];
