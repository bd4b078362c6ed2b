/** Reads what sacct prints, row by row. A line that is not whole is left out. */
import type { Ending } from "../../events/failure.js";
import type { AccountRow } from "../../scheduler/answers.js";
import { signalName } from "../../system/processes/exit-status.js";
import { marksIn } from "./marks.js";
import { baseIn, SEPARATOR, TIME, wholeLines } from "./queue-output.js";
import { meaningOf } from "./states.js";

/** A record as sacct prints it. */
export interface SacctRow {
  /** The job's id without array task or step. */
  readonly base: string;
  readonly state: string;
  /** The number of the user who cancelled the job. */
  readonly by?: number;
  /** `9:0` is a status of 9, or of 137: sacct subtracts 128 from larger ones. */
  readonly exit?: { readonly status: number; readonly signal: number };
  readonly submitted: string;
  /** Kept only where the site wants it (`AccountingStoreFlags=job_comment`), and empty before the end. */
  readonly comment: string;
  /** The command line of sbatch; empty before Slurm 21.08. */
  readonly line: string;
}

export const ACCOUNT_FIELDS_OLD: readonly string[] = ["JobID", "JobIDRaw", "State", "ExitCode", "Submit", "Comment"];

/** `JobID` comes first, and the fields that can hold the mark (`Comment`, `SubmitLine`) come last. */
export const ACCOUNT_FIELDS: readonly string[] = [...ACCOUNT_FIELDS_OLD, "SubmitLine"];

/** Reads either list of fields. */
export const parseAccounts = (text: string): readonly SacctRow[] =>
  wholeLines(text).flatMap((row) => {
    const fields = row.split(SEPARATOR);
    const [id = "", raw = "", stateText = "", code = "", submitted = "", comment = "", line = ""] = fields;
    const counted = fields.length === ACCOUNT_FIELDS.length || fields.length === ACCOUNT_FIELDS_OLD.length;
    const base = baseIn(id, raw);
    const [, state, by] = STATE.exec(stateText) ?? [];
    const [, status, signal] = EXIT.exec(code) ?? [];
    if (!counted || base === undefined || state === undefined || status === undefined || !TIME.test(submitted))
      return [];
    return [
      {
        ...{ base, state, submitted, comment, line },
        ...(by !== undefined && { by: Number(by) }),
        exit: { status: Number(status), signal: Number(signal) },
      },
    ];
  });

const STATE = /^(\S+)(?: by (\d+))?$/;
const EXIT = /^(\d+):(\d+)$/;

/** Whether sacct does not know a field of the query. */
export const isFieldUnknown = (stderr: string): boolean => /invalid field requested/i.test(stderr);

/** The same record in the terms of the scheduler room. */
export const accountRowOf = ({ base, state, by, exit, submitted, comment, line }: SacctRow): AccountRow => ({
  ...{ base, state, submitted, meaning: meaningOf(state) },
  ...((comment !== "" || line !== "") && { marks: [...marksIn(comment), ...marksIn(line)] }),
  ...(by !== undefined && { by }),
  ...(exit !== undefined && { ending: endingOf(exit) }),
  words: [state, by === undefined ? "" : `by ${by}`, exit === undefined ? "" : `${exit.status}:${exit.signal}`]
    .filter((word) => word !== "")
    .join(" "),
});

const endingOf = ({ status, signal }: NonNullable<SacctRow["exit"]>): Ending | "not_started" => {
  if (status === 0 && signal === LAUNCH) return "not_started";
  return signal === 0 ? { status, signal: null } : { status: null, signal: signalName(signal) };
};

/** slurmd could not start the job: "0:53" (ESLURMD_…; it cannot use the working directory or the output file). */
const LAUNCH = 53;
