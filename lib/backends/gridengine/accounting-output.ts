/** Reads qacct's records of a job: one for each task and each start. A record that is not whole is left out. */
import type { Ending } from "../../events/failure.js";
import type { AccountRow, JobMeaning } from "../../scheduler/answers.js";
import type { ExecResult } from "../../system/processes/exec.js";
import { endingOf } from "../../system/processes/exit-status.js";

/**
 * `silent` where qacct finds no accounting file, or no record in a form that this program knows. At some sites the file lies
 * on qmaster's own file system, and nowhere is there one before the first job has ended (accounting(5)).
 */
export const recordsOf = ({ status, stdout, stderr }: ExecResult): readonly AccountRow[] | "silent" => {
  const records = status === 0 ? stdout.split(/^=+\n/m).flatMap(recordIn) : [];
  return records.length > 0 || /^error: job id \d+ not found$/m.test(stderr) ? records : "silent";
};

/** The fields that a record must have, in this order; others may stand between them. The category comes last. */
const FIELDS = [
  "qname",
  "owner",
  "jobnumber",
  "taskid",
  "qsub_time",
  "start_time",
  "failed",
  "exit_status",
  "category",
];

const recordIn = (text: string): readonly AccountRow[] => {
  const lines = text.split("\n").slice(0, -1);
  const found = lines.flatMap((line) => {
    const [, name = "", value = ""] = /^(\w+) +(.*?) *$/.exec(line) ?? [];
    return FIELDS.includes(name) ? [{ name, value }] : [];
  });
  const [, , base = "", , time = "", start = "", failed = "", exit = ""] = found.map(({ value }) => value);
  const [, code, why] = FAILED.exec(failed) ?? [];
  const [, status, signal] = EXIT.exec(exit) ?? [];
  const submitted = Date.parse(`${time} UTC`) / 1000;
  const isWhole = found.length === FIELDS.length && found.every(({ name }, index) => name === FIELDS[index]);
  if (!isWhole || !/^[1-9]\d{0,9}$/.test(base) || Number.isNaN(submitted)) return [];
  if (code === undefined || status === undefined) return [];
  // What a number stands for stands beside it: a digit may be missing.
  if ((code === "0") !== (why === undefined) || (signal !== undefined && Number(status) <= 128)) return [];
  const words = `failed ${failed.replace(/ +/g, " ")}, exit_status ${status}`;
  const end = endOf(Number(code), Number(status), start !== NEVER);
  return [{ base, state: words, submitted: String(submitted), words, ...end }];
};

const FAILED = /^(\d{1,3})(?: *: (.+))?$/;
/** `137`, `137 (Killed)`. */
const EXIT = /^(\d{1,3})(?: +\((.+)\))?$/;
const NEVER = "-/-";

type End = Pick<AccountRow, "meaning" | "ending">;

/** The meaning of the field `failed` (sge_status(5)), or, where it is 0, of the job's own exit status. */
const endOf = (failed: number, status: number, started: boolean): End => {
  if (LIMITS.has(failed)) return ended("timeout");
  // Grid Engine has put the job back into the queue: qstat shows what becomes of it.
  if (AGAIN.has(failed)) return { meaning: { is: "live", state: "pending" } };
  if (HOST.has(failed)) return ended("node_failure");
  if (!DONE.has(failed) && !started) return ended("failed", "not_started");
  if (failed !== 0 && status === 0) return DONE.has(failed) ? ended("succeeded") : ended("failed");
  return status === 0 ? ended("succeeded") : ended("failed", endingOf(status, null));
};

const ended = (cause: Extract<JobMeaning, { is: "ended" }>["cause"], ending?: Ending | "not_started"): End => ({
  meaning: { is: "ended", cause },
  ...(ending !== undefined && { ending }),
});

/** h_rt, h_cpu or h_vmem. */
const LIMITS: ReadonlySet<number> = new Set([37]);
/** The job migrates, or an administrator or its exit status 99 has it run again. */
const AGAIN: ReadonlySet<number> = new Set([24, 25]);
/** The shepherd died, or its result is unknown: the host crashed. */
const HOST: ReadonlySet<number> = new Set([18, 19, 20, 21]);
/** The work was done; only a step of the site after it failed. */
const DONE: ReadonlySet<number> = new Set([0, 12, 13, 14, 15, 16]);
