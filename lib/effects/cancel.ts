/** The contract of cancelling jobs: which ones, and what comes of each. */

/** A job to cancel, as the journal of its ensemble knows it. */
export interface CancelTarget {
  /** The run, or the task, whose job it is; for people. */
  readonly what: string;
  /** The token under which the job was submitted. */
  readonly token: string;
  /** Absent where it is unknown whether there is a job. */
  readonly id?: string;
  /** The machine's boot id at the time of the submission. */
  readonly boot: string;
  /** The files that the job's ensemble keeps beside its journal. */
  readonly claims: { path(name: string): string };
}

export type CancelReport =
  /** The job was cancelled, and its end was seen. */
  | { readonly is: "cancelled"; readonly what: string; readonly job: string }
  /** The job ended otherwise, or before it was cancelled. */
  | { readonly is: "ended"; readonly what: string; readonly job: string; readonly state: string }
  /** The queue no longer has the job. `asked`: since it was cancelled. `foreign`: another job now has its id. */
  | {
      readonly is: "gone";
      readonly what: string;
      readonly job: string;
      readonly asked: boolean;
      readonly foreign: boolean;
    }
  /** The job was cancelled, and its node has not ended it yet. */
  | { readonly is: "ending"; readonly what: string; readonly job: string }
  /** There is no such job. */
  | { readonly is: "absent"; readonly what: string }
  | { readonly is: "refused"; readonly what: string; readonly job: string; readonly message: string }
  /** The scheduler does not answer: nothing is known of any of the jobs at the moment. */
  | { readonly is: "silent"; readonly message: string };
