/** What sacct prints, row by row: a line that is not whole says nothing. */
import { baseIn, SEPARATOR, TIME, wholeLines } from "./queue-output.js";

export interface Account {
  readonly base: string;
  /** Absent where it is that of this site. */
  readonly cluster?: string;
  readonly state: string;
  /** Who cancelled it, by number. */
  readonly by?: number;
  /** `9:0` is a status of 9, or of 137: sacct takes 128 off what is above. */
  readonly exit?: { readonly status: number; readonly signal: number };
  readonly submitted: string;
  /** Kept only where the site has asked for it (`AccountingStoreFlags=job_comment`), and empty before the end. */
  readonly comment: string;
  /** The command line of sbatch; empty before Slurm 21.08. */
  readonly line: string;
}

export const ACCOUNT_FIELDS_OLD: readonly string[] = ["JobID", "JobIDRaw", "State", "ExitCode", "Submit", "Comment"];

/** The id first, and what tells whose it is last. */
export const ACCOUNT_FIELDS: readonly string[] = [...ACCOUNT_FIELDS_OLD, "SubmitLine"];

/** Of either list of fields. */
export const parseAccounts = (text: string): readonly Account[] =>
  wholeLines(text).flatMap((row) => {
    const fields = row.split(SEPARATOR);
    const [id = "", raw = "", words = "", code = "", submitted = "", comment = "", line = ""] = fields;
    const counted = fields.length === ACCOUNT_FIELDS.length || fields.length === ACCOUNT_FIELDS_OLD.length;
    const base = baseIn(id, raw);
    const [, state, by] = STATE.exec(words) ?? [];
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

/** Whether sacct does not know a field that it was asked for. */
export const isFieldUnknown = (stderr: string): boolean => /invalid field requested/i.test(stderr);
