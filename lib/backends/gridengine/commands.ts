/** The arguments of Grid Engine's programs. */
import type { AccountingQuery, QueueQuery, Submission } from "../../scheduler/dialect.js";
import { listedIds } from "./queue-output.js";

/**
 * The name stays that of the script or the one in `#$ -N`. The mark stands in the job's context beside the user's own
 * entries. `-r n`: if the job's host fails, the program reports that, and the user decides.
 */
export const qsubWords = ({ script, directory, mark, directives: { shell } }: Submission): readonly string[] => [
  ...["-terse", "-r", "n", "-wd", directory, "-ac", `me=${mark}`],
  ...(shell === undefined ? [] : ["-S", shell]),
  script,
];

/**
 * First asks for the list of the user's jobs, which shows states but no marks, then for the details of those jobs, which
 * show marks but no states. Undefined once all is asked. Options on the command line win over the user's `.sge_qstat`.
 */
export const qstatWords = ({ user }: QueueQuery, answers: readonly string[]): readonly string[] | undefined => {
  const [list] = answers;
  if (list === undefined) return ["-xml", "-u", user, "-s", "prs"];
  const ids = listedIds(list).slice(AT_ONCE * (answers.length - 1), AT_ONCE * answers.length);
  return ids.length === 0 ? undefined : ["-xml", "-j", ids.join(",")];
};

/** How many ids one qstat names: they form one argument, and Linux limits an argument to 128 KiB. */
const AT_ONCE = 10_000;

/**
 * `jobs` holds one id at most (`accountingAtOnce` is 1): qacct reads a list as a pattern for names. qacct reads a file,
 * and does not ask qmaster.
 */
export const qacctWords = ({ jobs = [] }: Pick<AccountingQuery, "jobs">): readonly string[] => ["-j", ...jobs];
