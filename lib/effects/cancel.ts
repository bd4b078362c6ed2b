/** The contract of cancelling jobs: the jobs to cancel, and a report on each. */

/** A job to cancel, as the journal of its ensemble knows it. */
export interface CancelTarget {
  /** The run or the task that submitted the job; for messages. */
  readonly what: string;
  /** The token under which the job was submitted. */
  readonly token: string;
  /** Absent if it is in doubt whether the job was submitted. */
  readonly id?: string;
  /** The machine's boot id at the time of the submission. */
  readonly boot: string;
  /** The claims of the job's ensemble: files beside its journal. */
  readonly claims: { path(name: string): string };
}

export type CancelReport =
  /** The job was cancelled, and the scheduler has shown its end. */
  | { readonly is: "cancelled"; readonly what: string; readonly job: string }
  /** The job ended before it was cancelled, or for another reason. */
  | { readonly is: "ended"; readonly what: string; readonly job: string; readonly state: string }
  /** The queue no longer shows the job. `foreign`: another job now has its id. */
  | {
      readonly is: "left_queue";
      readonly what: string;
      readonly job: string;
      /** Whether the program had cancelled the job before that. */
      readonly cancelSent: boolean;
      readonly foreign: boolean;
    }
  /** The job was cancelled, but its node has not ended it yet. */
  | { readonly is: "ending"; readonly what: string; readonly job: string }
  /** The job was never submitted. */
  | { readonly is: "absent"; readonly what: string }
  | { readonly is: "refused"; readonly what: string; readonly job: string; readonly message: string }
  /** The scheduler does not answer now. This is a report on no job in particular. */
  | { readonly is: "no_answer"; readonly message: string };
