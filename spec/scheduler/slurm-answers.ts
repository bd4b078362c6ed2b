/** What Slurm's programs print, for specs in which no Slurm runs. */
import { SEPARATOR } from "../../lib/backends/slurm/queue-output.js";
import type { ExecResult } from "../../lib/system/processes/exec.js";

/** When jobs are submitted, unless a spec says otherwise. */
const SUBMITTED = "2026-01-01T00:00:00";

/** A program that succeeds. */
export const prints = (stdout = ""): ExecResult => ({ status: 0, stdout, stderr: "" });
/** A program that fails. */
export const fails = (stderr: string): ExecResult => ({ status: 1, stdout: "", stderr });

/** A job as squeue shows it. */
export interface QueuedJob {
  id: string;
  raw?: string;
  state: string;
  reason?: string;
  submitted?: string;
  name?: string;
  comment: string;
}

export const queueAnswer = (jobs: readonly QueuedJob[]): ExecResult =>
  prints(
    linesOf(
      jobs.map(({ id, raw, state, reason = "None", submitted = SUBMITTED, name = "tst-0", comment }) => [
        ...[id, raw ?? id.replace(/[_+].*/, ""), state, submitted, reason, name, comment],
      ]),
    ),
  );

/** A record as sacct shows it. */
export interface AccountRecord {
  readonly id: string;
  readonly state: string;
  readonly exit?: string;
  readonly submitted?: string;
  readonly comment?: string;
  readonly line?: string;
}

export const accountingAnswer = (...records: readonly AccountRecord[]): ExecResult =>
  prints(
    linesOf(
      records.map(({ id, state, exit = "0:0", submitted = SUBMITTED, comment = "", line = "" }) => [
        ...[id, id.replace(/_.*/, ""), state, exit, submitted, comment, line],
      ]),
    ),
  );

const linesOf = (rows: readonly (readonly string[])[]): string =>
  rows.map((fields) => `${fields.join(SEPARATOR)}\n`).join("");

/** sacct where the site keeps no accounts. */
export const ACCOUNTING_DISABLED = fails("Slurm accounting storage is disabled\n");

/** `scontrol show config`. */
export const siteAnswer = (more: Readonly<Record<string, string>> = {}): ExecResult =>
  prints(
    Object.entries({ ClusterName: "here", MessageTimeout: "10 sec", MinJobAge: "300 sec", ...more })
      .map(([name, value]) => `${name.padEnd(24)}= ${value}\n`)
      .join(""),
  );
