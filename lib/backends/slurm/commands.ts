/** The words in which Slurm is asked: everything on the command line, which wins over environment and scripts. */
import { ACCOUNT_FIELDS, ACCOUNT_FIELDS_OLD } from "./accounting-output.js";
import { QUEUE_FORMAT, SEPARATOR } from "./queue-output.js";

/** How far back accounts are looked into: a job may wait for weeks, and so may whoever comes back to its ensemble. */
const SINCE = "now-60days";

/**
 * All jobs of a user, those that have ended too: two requests to slurmctld, however many jobs there are. (With a list
 * of jobs, or without `--local`, it is more.)
 */
export const queueWords = (uid: number, cluster: string | undefined): readonly string[] => [
  ...(cluster === undefined ? ["--local"] : ["-M", cluster]),
  ...["-h", "-a", "-u", String(uid), "-t", "all", "-o", QUEUE_FORMAT],
];

export interface AccountQuery {
  readonly uid: number;
  readonly cluster: string | undefined;
  /** Whether sacct knows of submit lines: since Slurm 21.08. */
  readonly lines: boolean;
  /** Absent for all jobs of the user. */
  readonly jobs?: readonly string[];
}

/** Only what is asked for by id is sure to be told, whether it has begun or not; nothing goes to slurmctld. */
export const accountWords = ({ uid, cluster, lines, jobs }: AccountQuery): readonly string[] => [
  ...(cluster === undefined ? [] : ["-M", cluster]),
  ...["-n", "-X", "-P", `--delimiter=${SEPARATOR}`, "-S", SINCE],
  ...(jobs === undefined ? ["-u", String(uid), "-E", "now+7days"] : ["-j", jobs.join(",")]),
  ...["-o", (lines ? ACCOUNT_FIELDS : ACCOUNT_FIELDS_OLD).join(",")],
];

export interface Submit {
  readonly script: string;
  readonly directory: string;
  readonly comment: string;
}

/**
 * A job is done once: if its node fails, that is told, and whoever runs the ensemble decides. The name is the script's
 * own, or that which it says in `#SBATCH`.
 */
export const submitWords = ({ script, directory, comment }: Submit): readonly string[] => [
  ...["--parsable", "--no-requeue", `--chdir=${directory}`, `--comment=${comment}`, script],
];

/** By id alone: by name, or by user, others' jobs would be meant as well. */
export const cancelWords = (ids: readonly string[], cluster: string | undefined): readonly string[] => [
  ...(cluster === undefined ? [] : ["-M", cluster]),
  ...ids,
];

export const SITE_WORDS: readonly string[] = ["show", "config"];
