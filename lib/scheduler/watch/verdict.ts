/** What follows from all that is said of a job. Pure. Where sources disagree, this is who is believed. */

import type { Account } from "../../backends/slurm/accounting-output.js";
import type { Row } from "../../backends/slurm/queue-output.js";
import { meaningOf } from "../../backends/slurm/states.js";
import type { Evidence } from "../../events/event.js";
import type { Failure, JobCause } from "../../events/failure.js";
import type { Traces } from "../guard/traces.js";

/** What is seen of a job in one look, and how long it has looked like that. */
export interface Observation {
  /** Its own row in the queue; absent if a look that succeeded has none. */
  readonly row?: Row;
  /** It has several parts, of which the row is that which says most, and others may have been forgotten. */
  readonly parts: boolean;
  /** Absent as long as it was not asked for. */
  readonly account?: Account | "none" | "off" | "silent";
  /** What its guard has left behind; absent where there is none. */
  readonly traces?: Traces;
  /** Whether it is sure to have left a trace if it was begun: its node sees the place, and it was never seen running. */
  readonly canLeaveTrace: boolean;
  /** For how many looks in a row it was seen so: gone, or ended. */
  readonly looks: number;
  /** Since the first of those, in seconds. */
  readonly for_s: number;
  /** Who asks. */
  readonly uid: number;
}

export type Verdict =
  | { readonly is: "live"; readonly state: "pending" | "running" }
  /** Nothing follows yet. */
  | { readonly is: "open" }
  /** Nothing follows before accounting was asked. */
  | { readonly is: "ask" }
  /** Nobody has it, and it was never begun. */
  | { readonly is: "vanished"; readonly evidence: Evidence }
  | { readonly is: "ended"; readonly failure?: JobFailure; readonly evidence: Evidence };

export type JobFailure = Extract<Failure, { reason: "job" }>;

/** How long a job that nobody tells of is waited for, in seconds; longer where accounting is kept and does not answer. */
export interface Patience {
  readonly lost_after_s: number;
}

/** A job that is only completing, for as long as that, and has said itself how it ended, is believed. */
const COMPLETING_S = 600;
const SILENT_FACTOR = 3;

export const judge = (observation: Observation, patience: Patience): Verdict => {
  const { row, looks } = observation;
  if (row === undefined) return looks < 2 ? OPEN : ofGone(observation, patience);
  const meaning = meaningOf(row.state);
  switch (meaning.is) {
    case "unknown":
      return OPEN;
    case "live":
      if (meaning.completing && observation.for_s >= COMPLETING_S && observation.traces?.ended !== undefined)
        return byMarker(observation);
      return { is: "live", state: meaning.state };
    case "ended":
      return ofEnded(observation, meaning.cause);
  }
};

const OPEN: Verdict = { is: "open" };

/** What squeue or sacct says of its end is believed; the marker and sacct add to it. */
const ofEnded = (observation: Observation, cause: "succeeded" | JobCause): Verdict => {
  const { traces } = observation;
  // After its own fall, slurmctld may take a job for running that has ended long since, until something ends it.
  if (traces?.ended === 0 && !traces.signalled && !observation.parts && OVERTAKEN.has(cause)) return ended(observation);
  switch (cause) {
    case "succeeded":
      if (observation.parts) return ofParts(observation);
      if (traces?.ended === undefined && traces?.refused) return again(observation);
      return traces?.ended ? byMarker(observation) : ended(observation);
    case "failed":
      if (traces?.ended) return byMarker(observation);
      if (traces?.refused) return again(observation);
      // Its marker may be on the way: a file system between nodes takes its time.
      if (traces?.claim !== undefined && traces.ended === undefined && observation.looks < 2) return OPEN;
      return told(observation, failedBy);
    case "cancelled":
      return told(observation, cancelled);
    default:
      return failed(observation, cause);
  }
};

/** Accounts may lag behind the queue for a while: what they say of a job that has ended is known once they know its end. */
const told = (observation: Observation, verdict: (observation: Observation) => Verdict): Verdict => {
  const { account, looks } = observation;
  if (account === undefined) return { is: "ask" };
  if (typeof account !== "object" || meaningOf(account.state).is === "ended") return verdict(observation);
  return looks < LAG_LOOKS ? OPEN : verdict({ ...observation, account: "none" });
};

const LAG_LOOKS = 3;

/** Those that are still in the queue have succeeded. */
const ofParts = (observation: Observation): Verdict => {
  const { account, traces } = observation;
  if (account === undefined) return { is: "ask" };
  if (typeof account === "object") {
    const meaning = meaningOf(account.state);
    if (meaning.is === "ended" && meaning.cause !== "succeeded") return ofEnded(observation, meaning.cause);
  }
  if (traces?.ended) return byMarker(observation);
  // Who was ended by Slurm itself leaves a beginning and no end.
  if (traces?.claim === undefined || traces.ended !== undefined) return ended(observation);
  return observation.looks < LAG_LOOKS
    ? OPEN
    : failed(observation, "failed", { message: "a part of it did not come to its end" });
};

/** What may happen to a job of which Slurm has missed the end. Of memory, it is told while it works. */
const OVERTAKEN: ReadonlySet<string> = new Set(["timeout", "cancelled", "node_failure", "preempted", "deadline"]);

/** slurmd could not start it: "0:53" (ESLURMD_…; a working directory or an output file that cannot be used). */
const LAUNCH = 53;

const failedBy = (observation: Observation): Verdict => {
  const { row, account, traces } = observation;
  if (typeof account === "object" && account.exit !== undefined) {
    const { status, signal } = account.exit;
    if (status === 0 && signal === LAUNCH) return failed(observation, "not_started", LAUNCH_MESSAGE);
    // sacct takes 128 off a status above it: what is below is what it says.
    return failed(
      observation,
      "failed",
      signal === 0 ? { status, signal: null } : { status: null, signal: nameOf(signal) },
    );
  }
  // It is said of a job that a signal has ended, too: the guard knows whether it was begun.
  const never = traces !== undefined && traces.claim === undefined;
  if (never && row?.reason === "JobLaunchFailure") return failed(observation, "not_started", LAUNCH_MESSAGE);
  return failed(observation, "failed", {});
};

const LAUNCH_MESSAGE = {
  message: "Slurm could not start it: its working directory or output file cannot be used there",
};

/** The numbers are those of Linux on all that Slurm runs on. */
const nameOf = (signal: number): string => SIGNALS[signal] ?? `signal ${signal}`;

const SIGNALS: Readonly<Record<number, string>> = {
  ...{ 1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL" },
  ...{
    10: "SIGUSR1",
    11: "SIGSEGV",
    12: "SIGUSR2",
    13: "SIGPIPE",
    14: "SIGALRM",
    15: "SIGTERM",
    24: "SIGXCPU",
    25: "SIGXFSZ",
  },
};

/** A shell says 128 + n of what signal n has ended. */
const exitOf = (status: number) => {
  const signal = status > 128 ? SIGNALS[status - 128] : undefined;
  return signal === undefined ? { status, signal: null } : { status: null, signal };
};

const cancelled = (observation: Observation): Verdict => {
  const by = typeof observation.account === "object" ? observation.account.by : undefined;
  if (by === undefined || by === observation.uid) return failed(observation, "cancelled");
  return failed(observation, "cancelled_by_system", { message: `by user ${by}` });
};

/** Slurm started it a second time, as it does after its own fall, and the first time did not come to its end. */
const again = (observation: Observation): Verdict =>
  failed(observation, "lost", { message: "Slurm has started it twice, and its first start did not come to its end" });

/** Not in the queue, and not for the first time. */
const ofGone = (observation: Observation, { lost_after_s }: Patience): Verdict => {
  const { account, traces, for_s, canLeaveTrace: proven } = observation;
  let live = false;
  if (account === undefined) return { is: "ask" };
  if (typeof account === "object") {
    const meaning = meaningOf(account.state);
    if (meaning.is === "ended") return ofEnded(observation, meaning.cause);
    live = meaning.is === "live";
  }
  if (traces?.ended !== undefined) return byMarker(observation);
  if (traces?.refused) return again(observation);
  if (for_s < (account === "silent" ? SILENT_FACTOR : 1) * lost_after_s) return OPEN;
  // A node that does not see our directory does the work without leaving a trace of it.
  if (proven && !live && traces !== undefined && traces.claim === undefined)
    return { is: "vanished", evidence: evidenceOf(observation) };
  return failed(observation, "lost", { message: live ? GONE_ONLY : NOWHERE });
};

/** It is put back into the queue, by a person or by Slurm, which first ends what runs. */
const TWICE = "Slurm has started it twice; that is how its first start ended, and it does nothing a second time";

const NOWHERE = "neither the queue nor accounting tells of it";
const GONE_ONLY = "the queue does not tell of it any more, and accounting has not heard of its end";

const byMarker = (observation: Observation): Verdict => {
  const { ended: status = 0, refused = false } = observation.traces ?? {};
  if (status === 0) return ended(observation);
  return failed(observation, "failed", { ...exitOf(status), ...(refused && { message: TWICE }) });
};

const ended = (observation: Observation): Verdict => ({ is: "ended", evidence: evidenceOf(observation) });

const failed = (observation: Observation, cause: JobCause, more: Partial<JobFailure> = {}): Verdict => ({
  is: "ended",
  failure: { reason: "job", cause, ...more },
  evidence: evidenceOf(observation),
});

const evidenceOf = ({ row, account, traces }: Observation): Evidence => ({
  squeue:
    row === undefined
      ? "not there"
      : [row.state, row.reason].filter((word) => word !== "" && word !== "None").join(" "),
  ...(account !== undefined && { sacct: typeof account === "object" ? wordsOf(account) : account }),
  ...(traces !== undefined && {
    marker:
      traces.ended === undefined ? (traces.claim === undefined ? "not begun" : "not ended") : String(traces.ended),
  }),
});

const wordsOf = ({ state, by, exit }: Account): string =>
  [state, by === undefined ? "" : `by ${by}`, exit === undefined ? "" : `${exit.status}:${exit.signal}`]
    .filter((word) => word !== "")
    .join(" ");
