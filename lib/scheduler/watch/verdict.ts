/** Judges a job by all that the queue, accounting and the guard say of it. Pure. Where they disagree, this decides. */
import type { Evidence } from "../../events/event.js";
import type { Failure, JobCause } from "../../events/failure.js";
import { endingOf } from "../../system/processes/exit-status.js";
import type { Dialect } from "../dialect.js";
import { evidenceOf, type Observation } from "./observation.js";

export type Verdict =
  | { readonly is: "live"; readonly state: "pending" | "running" }
  /** Nothing follows yet. */
  | { readonly is: "open" }
  /** Nothing follows before accounting was asked. */
  | { readonly is: "ask" }
  /** The scheduler no longer has the job, and it never started. */
  | { readonly is: "vanished"; readonly evidence: Evidence }
  | { readonly is: "ended"; readonly failure?: JobFailure; readonly evidence: Evidence };

export type JobFailure = Extract<Failure, { reason: "job" }>;

/** How long the program waits for news of a missing job, in seconds; longer where accounting does not answer. */
export interface Patience {
  readonly lost_after_s: number;
}

type VerdictWords = Pick<Dialect, "title" | "programs" | "accountsShowMarks" | "accountsShowCancel" | "forgetsJobs">;

/** A job that only completes for so long, and whose guard has noted its end, has ended. */
const COMPLETING_S = 600;
const SILENT_FACTOR = 3;

/** Accounting may lag behind the queue for so many snapshots. */
const LAG_LOOKS = 3;

export const judge = (words: VerdictWords, observation: Observation, patience: Patience): Verdict => {
  const { row, looks } = observation;
  if (row === undefined) return looks < 2 ? OPEN : judgeGone(words, observation, patience);
  const { meaning } = row;
  switch (meaning.is) {
    case "unknown":
      return OPEN;
    case "live":
      if (meaning.completing && observation.for_s >= COMPLETING_S && observation.traces?.ended !== undefined)
        return byMarker(words, observation);
      return { is: "live", state: meaning.state };
    case "ended":
      return judgeEnded(words, observation, meaning.cause);
  }
};

const OPEN: Verdict = { is: "open" };

/** The queue's or accounting's word for an end is believed; the guard's marker and accounting add to it. */
const judgeEnded = (words: VerdictWords, observation: Observation, cause: "succeeded" | JobCause): Verdict => {
  const { traces } = observation;
  // After a crash, a server may take a long-ended job for a running one, until something ends that.
  if (traces?.ended === 0 && !traces.signalled && !observation.parts && OVERTAKEN.has(cause))
    return succeeded(words, observation);
  // A script may trap the signal that announces its end, and end as it likes.
  if (!words.accountsShowCancel && traces?.signalled && (cause === "succeeded" || cause === "failed"))
    return failed(words, observation, "cancelled");
  switch (cause) {
    case "succeeded":
      if (observation.parts) return judgeParts(words, observation);
      if (traces?.ended === undefined && traces?.refused) return startedTwice(words, observation);
      return traces?.ended ? byMarker(words, observation) : succeeded(words, observation);
    case "failed":
      if (observation.cancelling && (traces?.ended === undefined || traces.signalled))
        return failed(words, observation, "cancelled");
      if (traces?.ended) return byMarker(words, observation);
      if (traces?.refused) return startedTwice(words, observation);
      // The marker may be on its way: a file system between nodes takes its time.
      if (traces?.claim !== undefined && traces.ended === undefined && observation.looks < 2) return OPEN;
      return withAccount(words, observation, judgeFailed);
    case "cancelled":
      return withAccount(words, observation, judgeCancelled);
    default:
      return failed(words, observation, cause);
  }
};

/** Judges once accounting knows the job's end, for which it is given some time. */
const withAccount = (
  words: VerdictWords,
  observation: Observation,
  verdict: (words: VerdictWords, observation: Observation) => Verdict,
): Verdict => {
  const { account, looks } = observation;
  if (account === undefined) return { is: "ask" };
  if (typeof account !== "object" || account.meaning.is === "ended") return verdict(words, observation);
  return looks < LAG_LOOKS ? OPEN : verdict(words, { ...observation, account: "none" });
};

/** Those parts succeeded that are still in the queue. */
const judgeParts = (words: VerdictWords, observation: Observation): Verdict => {
  const { account, traces } = observation;
  if (account === undefined) return { is: "ask" };
  if (typeof account === "object") {
    const { meaning } = account;
    if (meaning.is === "ended" && meaning.cause !== "succeeded") return judgeEnded(words, observation, meaning.cause);
  }
  if (traces?.ended) return byMarker(words, observation);
  // A part that the scheduler itself ended leaves a start and no end.
  if (traces?.claim === undefined || traces.ended !== undefined) return succeeded(words, observation);
  return observation.looks < LAG_LOOKS
    ? OPEN
    : failed(words, observation, "failed", { message: "a part of the job did not come to its end" });
};

/** What may happen to a job whose end the scheduler has missed. Of memory, the scheduler learns while the job works. */
const OVERTAKEN: ReadonlySet<string> = new Set(["timeout", "cancelled", "node_failure", "preempted", "deadline"]);

const judgeFailed = (words: VerdictWords, observation: Observation): Verdict => {
  const { row, account, traces, looks } = observation;
  const notStarted = () => failed(words, observation, "not_started", { message: launchMessage(words) });
  if (!words.accountsShowCancel && isKilledWhole(observation)) {
    // The guard's marker may be on its way.
    return looks < LAG_LOOKS ? OPEN : failed(words, observation, "cancelled", { message: KILLED });
  }
  if (typeof account === "object" && account.ending !== undefined)
    return account.ending === "not_started" ? notStarted() : failed(words, observation, "failed", account.ending);
  // A queue may say the same of a job that a signal ended: the guard knows whether it started.
  const neverStarted = traces !== undefined && traces.claim === undefined;
  if (neverStarted && row?.launchFailed) return notStarted();
  return failed(words, observation, "failed", {});
};

/** Whether SIGKILL ended the guard too, and not only the work. */
const isKilledWhole = ({ account, traces }: Observation): boolean =>
  traces?.claim !== undefined &&
  traces.ended === undefined &&
  typeof account === "object" &&
  typeof account.ending === "object" &&
  account.ending.signal === "SIGKILL";

const KILLED = "SIGKILL ended all processes of the job, as when a user deletes it";

const launchMessage = ({ title }: VerdictWords): string =>
  `${title} could not start the job: its node cannot use its working directory or output file`;

const judgeCancelled = (words: VerdictWords, observation: Observation): Verdict => {
  const by = typeof observation.account === "object" ? observation.account.by : undefined;
  const { uid, user } = observation.owner;
  if (by === undefined || by === uid || by === user) return failed(words, observation, "cancelled");
  return failed(words, observation, "cancelled_by_system", { message: `by user ${by}` });
};

/** The scheduler started the job twice, as some do after a crash, and the first start did not come to its end. */
const startedTwice = (words: VerdictWords, observation: Observation): Verdict =>
  failed(words, observation, "lost", {
    message: `${words.title} started the job twice, and its first start did not come to its end`,
  });

/** Judges a job that at least two polls did not show. */
const judgeGone = (words: VerdictWords, observation: Observation, { lost_after_s }: Patience): Verdict => {
  const { account, traces, for_s, canLeaveTrace } = observation;
  let live = false;
  const endedByItself = traces?.ended !== undefined && !traces.signalled && !observation.parts;
  // An account without a mark may be about another job with the same id; the marker cannot.
  if (endedByItself && !words.accountsShowMarks) return byMarker(words, observation);
  if (account === undefined) return { is: "ask" };
  if (typeof account === "object") {
    const { meaning } = account;
    if (meaning.is === "ended") return judgeEnded(words, observation, meaning.cause);
    live = meaning.is === "live";
  }
  if (traces?.ended !== undefined) return byMarker(words, observation);
  if (traces?.refused) return startedTwice(words, observation);
  if (for_s < (account === "silent" ? SILENT_FACTOR : 1) * lost_after_s) return OPEN;
  if (isDeleted(words, observation)) return failed(words, observation, "cancelled", { message: DELETED });
  // A node that does not see the directory works without leaving a trace there.
  if (canLeaveTrace && !live && traces !== undefined && traces.claim === undefined)
    return { is: "vanished", evidence: evidenceOf(words, observation) };
  return failed(words, observation, "lost", { message: live ? GONE_ONLY : NOWHERE });
};

/** Whether a user deleted the job before it started: a scheduler that forgets no job keeps no record of that. */
const isDeleted = ({ forgetsJobs }: VerdictWords, { account, traces, canLeaveTrace }: Observation): boolean =>
  !forgetsJobs &&
  traces?.claim === undefined &&
  (account === "none" || (traces !== undefined && canLeaveTrace && typeof account === "string"));

const DELETED = "neither the queue nor accounting knows the job: a user deleted it before it started";
const NOWHERE = "neither the queue nor accounting knows the job";
const GONE_ONLY = "the queue no longer shows the job, and accounting has not heard of its end";

/** The end that the guard noted. A shell says 128 + n for a command that signal n ended. */
const byMarker = (words: VerdictWords, observation: Observation): Verdict => {
  const { ended: status = 0, refused = false } = observation.traces ?? {};
  if (status === 0) return succeeded(words, observation);
  return failed(words, observation, "failed", {
    ...endingOf(status, null),
    ...(refused && { message: restarted(words) }),
  });
};

/** A person or the scheduler put the job back into the queue, which first ends what runs. */
const restarted = ({ title }: VerdictWords): string =>
  `${title} started the job twice; its first start ended so, and it does nothing a second time`;

const succeeded = (words: VerdictWords, observation: Observation): Verdict => ({
  is: "ended",
  evidence: evidenceOf(words, observation),
});

const failed = (
  words: VerdictWords,
  observation: Observation,
  cause: JobCause,
  more: Partial<JobFailure> = {},
): Verdict => ({
  is: "ended",
  failure: { reason: "job", cause, ...more },
  evidence: evidenceOf(words, observation),
});
