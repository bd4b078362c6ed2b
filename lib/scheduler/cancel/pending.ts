/** A job that is being cancelled. */
import type { CancelTarget } from "../../effects/cancel.js";
import type { Dialect } from "../dialect.js";
import { jobPlace } from "../jobs/directory.js";

export interface PendingCancel extends CancelTarget {
  job: string | undefined;
  /** When the job was submitted, where only accounting tells that it is ours: a site has replaced its mark. */
  submitted: string | undefined;
  /** How many snapshots in a row did not show the job. */
  missed: number;
  /** When the cancel program last accepted the job without an objection. */
  sentAt: number | undefined;
  tries: number;
  /** Whether the queue has shown that the job is being cancelled. */
  cancelling: boolean;
  /** Undefined as long as the job's ensemble has submitted nothing. */
  readonly mark: () => string | undefined;
  readonly directory: () => string | undefined;
}

export const pending = (dialect: Dialect, target: CancelTarget): PendingCancel => {
  // Read afresh each time: the ensemble may be at work.
  const place = () => jobPlace(dialect, target.claims, target.token);
  return {
    ...target,
    ...{ job: target.id, submitted: undefined, missed: 0, sentAt: undefined, tries: 0, cancelling: false },
    mark: () => place()?.mark,
    directory: () => place()?.directory,
  };
};
