/** Jobs that are to be cancelled, and what comes of it. */

/** A job that is to be cancelled. */
export interface CancelTarget {
  /** Whose it is, for people. */
  readonly what: string;
  /** Undefined as long as nothing was handed over by its ensemble. */
  readonly mark: () => string | undefined;
  readonly directory: string;
  /** `12`, or `12;cluster`; undefined where it is not known whether there is one. */
  readonly id: string | undefined;
  /** What the machine's boot was called when it was handed over. */
  readonly boot: string;
}

export type CancelReport =
  /** Its end was seen. */
  | { readonly is: "cancelled"; readonly what: string; readonly job: string }
  /** It came to another end, or to this one before it was cancelled. */
  | { readonly is: "ended"; readonly what: string; readonly job: string; readonly state: string }
  /** The queue has it no more. `asked`: since it was cancelled. `foreign`: its id is another job's by now. */
  | {
      readonly is: "gone";
      readonly what: string;
      readonly job: string;
      readonly asked: boolean;
      readonly foreign: boolean;
    }
  /** It has been cancelled, and its node is still at ending it. */
  | { readonly is: "ending"; readonly what: string; readonly job: string }
  /** There is no such job. */
  | { readonly is: "absent"; readonly what: string }
  | { readonly is: "refused"; readonly what: string; readonly job: string; readonly message: string }
  /** Nothing is known of any of them at the moment. */
  | { readonly is: "silent"; readonly message: string };
