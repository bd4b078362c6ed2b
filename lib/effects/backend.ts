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
   * that token: the stream may try another token. Fails as `job` if the scheduler rejects the job.
   */
  submit$(job: JobRequest): Observable<Handover>;
  /**
   * Emits the id of a job that an earlier start submitted, or may have submitted, under the token of that request; the
   * job can be watched. Completes without an id if the job was never submitted, and makes sure that it never will be.
   * Fails as `job` if that cannot be known.
   */
  adopt$(job: JobRequest, before: EarlierJob): Observable<Handover>;
  /**
   * Emits a job's state, again whenever it changes, and its end last; a job whose end never comes is lost.
   * Unsubscribing lets go of the job: the backend decides whether the job goes on.
   */
  watch$(job: string): Observable<JobReport>;
  /** Emits the number of jobs whose names start with `match`. */
  count$(match: string): Observable<number>;
  /** Emits events about the scheduler as a whole, for as long as the ensemble lasts. */
  readonly notice$?: Observable<BackendNotice>;
  /**
   * Cancels jobs, of this ensemble or of others, and reports on each; completes when all are reported. Absent where jobs
   * do not outlive the program.
   */
  readonly cancel$?: (targets: readonly CancelTarget[]) => Observable<CancelReport>;
}

/** The course of a submission: why it has to wait, again whenever that changes; then the id that the scheduler gave. */
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
  /** Whether the backend may make the job itself ensure that its work is done once, and record how it ended. */
  readonly guard: boolean;
}

/** What is known of a job that an earlier start submitted. */
export interface EarlierJob {
  /** Absent if it is in doubt whether the job was submitted. */
  readonly id?: string;
  /** The id of the machine's boot at that time. */
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
