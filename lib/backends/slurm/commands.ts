/** The arguments of Slurm's programs: all on the command line, which wins over environment and script. */
import type { AccountingQuery, Submission } from "../../scheduler/dialect.js";
import { ACCOUNT_FIELDS, ACCOUNT_FIELDS_OLD } from "./accounting-output.js";
import { commentWith } from "./marks.js";
import { QUEUE_FORMAT, SEPARATOR } from "./queue-output.js";

/** How far back accounting looks: a job may wait for weeks, and a user may return to an ensemble after weeks. */
const SINCE = "now-60days";

/**
 * All jobs of a user, ended ones too: two requests to slurmctld, however many jobs there are. (With a list of jobs, or
 * without `--local`, there are more.)
 */
export const queueWords = (uid: number, cluster: string | undefined): readonly string[] => [
  ...(cluster === undefined ? ["--local"] : ["-M", cluster]),
  ...["-h", "-a", "-u", String(uid), "-t", "all", "-o", QUEUE_FORMAT],
];

/**
 * sacct tells of jobs that are asked for by id whether they have started or not. Nothing goes to slurmctld. `older`:
 * sacct knows no submit lines (before Slurm 21.08).
 */
export const accountingWords = ({ uid, cluster, older, jobs }: Omit<AccountingQuery, "user">): readonly string[] => [
  ...(cluster === undefined ? [] : ["-M", cluster]),
  ...["-n", "-X", "-P", `--delimiter=${SEPARATOR}`, "-S", SINCE],
  ...(jobs === undefined ? ["-u", String(uid), "-E", "now+7days"] : ["-j", jobs.join(",")]),
  ...["-o", (older ? ACCOUNT_FIELDS_OLD : ACCOUNT_FIELDS).join(",")],
];

/**
 * Slurm must not requeue a job: if its node fails, the program reports that, and the user decides. The job's name stays
 * that of the script, or the one in `#SBATCH`.
 */
export const submitWords = ({ script, directory, mark, directives }: Submission): readonly string[] => [
  ...["--parsable", "--no-requeue", `--chdir=${directory}`, `--comment=${commentWith(mark, directives.comment)}`],
  script,
];

/** How many ids one sacct names; all of them are one argument. */
export const ACCOUNTS_AT_ONCE = 500;

/** By id alone: by name or by user, other jobs would be meant as well. */
export const cancelWords = (ids: readonly string[], cluster: string | undefined): readonly string[] => [
  ...(cluster === undefined ? [] : ["-M", cluster]),
  ...ids,
];

/** How many ids one scancel names: it makes so many requests to slurmctld at once. */
export const CANCEL_AT_ONCE = 100;

export const SITE_WORDS: readonly string[] = ["show", "config"];
