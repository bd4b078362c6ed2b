/** The meaning of the words of squeue and sacct (their manuals, "JOB STATE CODES" and "JOB REASON CODES"). */
import type { JobCause } from "../../events/failure.js";
import type { JobMeaning, Obstacle } from "../../scheduler/answers.js";

/** A word that is not in the table, as a newer Slurm may print it, means nothing. */
export const meaningOf = (word: string): JobMeaning => STATES.get(word) ?? UNKNOWN;

/** The obstacle in the reason of a pending job. A limit that clears as time passes or other jobs end is no obstacle. */
export const obstacleOf = (reason: string, state: string): Obstacle | undefined => {
  const meaning = meaningOf(state);
  if (meaning.is !== "live" || meaning.state !== "pending") return undefined;
  const held = HELD_STATES.get(state) ?? HELD.find(([pattern]) => pattern.test(reason))?.[1];
  if (held !== undefined) return { is: "held", advice: held };
  const why = BLOCKED.find(([pattern]) => pattern.test(reason))?.[1];
  return why === undefined ? undefined : { is: "blocked", advice: `${why}; ${AGAIN}` };
};

const UNKNOWN: JobMeaning = { is: "unknown" };
const PENDING: JobMeaning = { is: "live", state: "pending" };
const RUNNING: JobMeaning = { is: "live", state: "running" };
const ended = (cause: "succeeded" | JobCause): JobMeaning => ({ is: "ended", cause });

const STATES: ReadonlyMap<string, JobMeaning> = new Map<string, JobMeaning>([
  ["PENDING", PENDING],
  // The job has its nodes, and they are booting.
  ["CONFIGURING", PENDING],
  // Since Slurm 25.11.
  ["EXPEDITING", PENDING],
  // sacct keeps this for an attempt that was requeued: the job itself waits again.
  ["REQUEUED", PENDING],
  ["REQUEUE_FED", PENDING],
  ["REQUEUE_HOLD", PENDING],
  // sacct calls it PENDING.
  ["SPECIAL_EXIT", PENDING],
  ["RESV_DEL_HOLD", PENDING],
  ["RUNNING", RUNNING],
  // A more important job has its nodes: it continues later.
  ["SUSPENDED", RUNNING],
  ["STOPPED", RUNNING],
  ["SIGNALING", RUNNING],
  ["RESIZING", RUNNING],
  // Its files leave a burst buffer.
  ["STAGE_OUT", RUNNING],
  // The word may hide any end, and the job may go back to pending.
  ["COMPLETING", { is: "live", state: "running", completing: true }],
  ["COMPLETED", ended("succeeded")],
  ["FAILED", ended("failed")],
  ["CANCELLED", ended("cancelled")],
  // The exit code is 0:0, or that of a script that trapped the signal.
  ["TIMEOUT", ended("timeout")],
  ["OUT_OF_MEMORY", ended("out_of_memory")],
  // After PREEMPTED, NODE_FAIL or BOOT_FAIL, Slurm may requeue the job; then squeue shows it as pending.
  ["PREEMPTED", ended("preempted")],
  ["NODE_FAIL", ended("node_failure")],
  ["BOOT_FAIL", ended("node_failure")],
  ["DEADLINE", ended("deadline")],
  // REVOKED is not here: such a job runs in another cluster of the federation.
]);

const RELEASE = "release it with `scontrol release`";
const AGAIN = "cancel the job, and retry the run with --retry-failed";

const HELD_STATES: ReadonlyMap<string, string> = new Map([
  ["SPECIAL_EXIT", `the site's rules hold the job because of how it ended: look into its log; ${RELEASE}`],
  ["REQUEUE_HOLD", `Slurm put the job back into the queue and holds it: ${RELEASE}`],
  ["RESV_DEL_HOLD", `the job's reservation is gone or not valid: name another one, or none; ${AGAIN}`],
]);

const HELD: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/^JobHeldUser$/, `the job is held: ${RELEASE}`],
  [/^JobHeldAdmin$/, "an administrator holds the job: ask them, or cancel it"],
  [
    /^JobHoldMaxRequeue$|^launch fail.* held$/,
    `Slurm could not launch the job and holds it: ask your site; ${RELEASE}`,
  ],
  [
    /^user env retrieval failed/,
    `Slurm could not get the user's environment on the node (--get-user-env) and holds the job: ${RELEASE}`,
  ],
  [/requeued (in )?held/, `Slurm put the job back into the queue and holds it: ${RELEASE}`],
  [/^Reservation(Deleted|Invalid)$/, `the job's reservation is gone or not valid: name another one, or none; ${AGAIN}`],
  [
    /^BurstBufferOperation$/,
    `a burst buffer failed, and Slurm holds the job: look at its #BB or #DW lines; ${RELEASE}`,
  ],
];

/** One job asks for more, or less, than one job may: time does not help. */
const PER_JOB = /^(Assoc|QOS)(Max[A-Za-z]+Per(Job|Node)(Limit)?|Min[A-Za-z]+)$/;

const BLOCKED: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^DependencyNeverSatisfied$/, "the dependency of the job (--dependency) has failed or does not exist"],
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
