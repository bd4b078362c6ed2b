/** The contract of a backend: all that the stream needs of a scheduler. */
import type { Observable } from "rxjs";
import type { BackendNotice } from "../events/backend.js";
import type { Failure } from "../events/failure.js";
import type { Evidence, JobRemark, JobState } from "../events/run.js";
import type { CancelReport, CancelTarget } from "./cancel.js";

/** A scheduler. */
export interface Backend {
  readonly name: string;
  /**
   * Submits a job, and emits its id last. Completes without an id if the job was not submitted and never will be under
   * this token: the stream may try another token. Fails with reason `job` if the scheduler rejects the job.
   */
  submit$(job: JobRequest): Observable<Handover>;
  /**
   * Emits the id of the job that an earlier start submitted under the token of this request, ready to be watched.
   * Completes without an id if there was no such submission, and makes sure that there never will be. Fails with reason
   * `job` if that cannot be known.
   */
  adopt$(job: JobRequest, before: EarlierJob): Observable<Handover>;
  /**
   * Emits a job's state, again whenever the state changes, and last the job's end. The stream takes a job for lost if
   * its end never comes. After an unsubscription, the backend decides whether the job goes on.
   */
  watch$(job: string): Observable<JobReport>;
  /** Emits the number of jobs whose names start with `match`. */
  count$(match: string): Observable<number>;
  /** Emits events about the scheduler as a whole, for as long as the ensemble lasts. */
  readonly notice$?: Observable<BackendNotice>;
  /**
   * Cancels jobs, of this ensemble or of others, and emits a report on each. Absent if the backend's jobs do not outlive
   * the program.
   */
  readonly cancel$?: (targets: readonly CancelTarget[]) => Observable<CancelReport>;
}

/** The progress of a submission: the reason for a wait, again whenever the reason changes; last, the job's id. */
export type Handover = { readonly waiting: string } | { readonly job: string };

export interface JobRequest {
  /**
   * The job's name in the scheduler: the run's id; for a `submit` task outside a run, the name of its batch or
   * ensemble.
   */
  readonly name: string;
  /** The file to execute, relative to `directory`. */
  readonly script: string;
  readonly directory: string;
  /** Whether the stream will watch the job. It does not watch the job of a `submit` task. */
  readonly watched: boolean;
  /** Unique to this submission in its ensemble. */
  readonly token: string;
  /** Whether the backend may add a guard to the job: a script that does the work only once and records how it ended. */
  readonly guard: boolean;
  /** Present if an earlier job did the same work: its output is kept under another name. */
  readonly retry?: true;
}

/** What is known of a job that an earlier start submitted. */
export interface EarlierJob {
  /** Absent if it is in doubt whether the job was submitted. */
  readonly id?: string;
  /** The machine's boot id at the time of the submission. */
  readonly boot: string;
}

export type JobReport =
  | ({ readonly state: JobState } & JobRemark)
  /** The scheduler has forgotten the job, which never started and never will: the stream may submit it again. */
  | { readonly state: "vanished"; readonly evidence: Evidence }
  | {
      readonly state: "ended";
      readonly failure?: Extract<Failure, { reason: "job" }>;
      readonly evidence?: Evidence;
    };
