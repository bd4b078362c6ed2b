/** The contract of a backend: what the stream asks of a scheduler. */
import type { Observable } from "rxjs";
import type { BackendNotice } from "../events/backend.js";
import type { Failure } from "../events/failure.js";
import type { Evidence, JobRemark, JobState } from "../events/run.js";

/** A scheduler. */
export interface Backend {
  readonly name: string;
  /**
   * Hands a job over, and tells its id last. Completes without one where it was not handed over and never will be under
   * that token: another may be tried. Fails as `job` where the scheduler will not have it.
   */
  submit$(job: JobRequest): Observable<Handover>;
  /**
   * The id of a job that an earlier start has handed over under the token of that request, or was about to; it can be
   * watched. Completes without one where it never was, and sees to it that it never will be. Fails as `job` where
   * that cannot be known.
   */
  adopt$(job: JobRequest, before: EarlierJob): Observable<Handover>;
  /** Where a job stands, again whenever that changes; its end comes last, and one that never comes is a lost job. Unsubscribing lets go of it, as `Backend` sees fit. */
  watch$(job: string): Observable<JobReport>;
  /** How many jobs there are whose names start with `match`. */
  count$(match: string): Observable<number>;
  /** What is to be told of the scheduler as a whole; heard for as long as the ensemble lasts. */
  readonly notice$?: Observable<BackendNotice>;
}

/** How a hand-over goes: why it has to wait, again whenever that changes; and the id that the scheduler has given. */
export type Handover = { readonly waiting: string } | { readonly job: string };

export interface JobRequest {
  /** The name under which the scheduler knows it: the run's id; of a `submit` task outside a run, its batch's or the ensemble's. */
  readonly name: string;
  /** What to execute, relative to `directory`. */
  readonly script: string;
  readonly directory: string;
  /** Whether it is asked about again. The job of a `submit` task is not. */
  readonly watched: boolean;
  /** Tells this handing over from every other one of this ensemble. */
  readonly token: string;
  /** Whether the backend may see to it, in the job itself, that the work is done once, and how it ended. */
  readonly guard: boolean;
}

/** What is known of a job that an earlier start has handed over. */
export interface EarlierJob {
  /** Absent where it is not known whether it was. */
  readonly id?: string;
  /** What the machine's boot was called then. */
  readonly boot: string;
}

export type JobReport =
  | ({ readonly state: JobState } & JobRemark)
  /** The scheduler has forgotten it; it was never begun, and never will be: it may be handed over anew. */
  | { readonly state: "vanished"; readonly evidence: Evidence }
  | {
      readonly state: "ended";
      readonly failure?: Extract<Failure, { reason: "job" }>;
      readonly evidence?: Evidence;
    };
