/** What a scheduler answers, in terms that are the same for all of them: a dialect parses its programs into these. */
import type { Ending, JobCause } from "../events/failure.js";

export interface SubmitOutput extends Ending {
  readonly stdout: string;
  readonly stderr: string;
}

export type SubmitAnswer =
  /** `12`, or `12;cluster`. */
  | { readonly is: "accepted"; readonly job: string }
  /** The scheduler refuses for now. */
  | { readonly is: "busy"; readonly message: string }
  /** For certain, the request has not reached a server that would take it. */
  | { readonly is: "away"; readonly message: string }
  /** The scheduler refuses, and would refuse again. */
  | { readonly is: "refused"; readonly message: string }
  /**
   * The scheduler may or may not have the job. `ended`: the submit program ended by itself, and nothing tells that its
   * request was under way. `hanging`: the submit program does not end.
   */
  | { readonly is: "unclear"; readonly message: string; readonly ended: boolean; readonly hanging?: true };

/** What the scheduler's word for a state means. */
export type JobMeaning =
  /** `completing`: the work has ended, or is about to. `cancelling`: the scheduler has been told to cancel the job. */
  | {
      readonly is: "live";
      readonly state: "pending" | "running";
      readonly completing?: true;
      readonly cancelling?: true;
    }
  | { readonly is: "ended"; readonly cause: "succeeded" | JobCause }
  | { readonly is: "unknown" };

/** What keeps a job from ever starting by itself, and what a person can do about it. */
export interface Obstacle {
  readonly is: "held" | "blocked";
  readonly advice: string;
}

/** One row of the queue. */
export interface QueueRow {
  /** The job's id, without the task of an array or another part. */
  readonly base: string;
  /** Whether the row is about a part of a job and not about the whole. */
  readonly part: boolean;
  /** The scheduler's own word. */
  readonly state: string;
  readonly meaning: JobMeaning;
  /** The scheduler's own word for why the job waits or has ended; empty where there is none. */
  readonly reason: string;
  readonly obstacle?: Obstacle;
  /** The reason says that the scheduler could not start the job. */
  readonly launchFailed?: true;
  /**
   * When the job was submitted, as the scheduler writes it: a job keeps it, and a reused id has another one. Empty where
   * this poll did not tell.
   */
  readonly submitted: string;
  readonly name: string;
  /** The mark of a submission, of this ensemble or of another one. */
  readonly mark?: string;
}

/** One record of accounting. */
export interface AccountRow {
  readonly base: string;
  /** Absent for the cluster of this site. */
  readonly cluster?: string;
  readonly state: string;
  readonly meaning: JobMeaning;
  readonly submitted: string;
  /** All marks that the record shows; absent where the record cannot show any. */
  readonly marks?: readonly string[];
  /** Who cancelled the job: a user's number or name. */
  readonly by?: number | string;
  /** How a job ended that failed. */
  readonly ending?: Ending | "not_started";
  /** The record in accounting's own words, as evidence. */
  readonly words: string;
}

export interface CancelObjection {
  readonly message: string;
  /** `queue_tells`: the next poll tells what became of the job. `again`: another try may succeed. `final`: none will. */
  readonly is: "queue_tells" | "again" | "final";
}

/** What a site is asked once. */
export interface Site {
  /** How long the scheduler's programs wait for its server, in seconds. */
  readonly message_timeout_s: number;
  /** How long the queue shows a job that has ended, in seconds. */
  readonly min_job_age_s: number;
  readonly accounting: boolean;
  /** The name of the cluster. */
  readonly cluster?: string;
}
