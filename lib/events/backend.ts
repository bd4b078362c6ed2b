/** What there is to tell of a scheduler as a whole: a part of the union in `event.ts`. */

export type BackendNotice = BackendNoted | BackendSilent | BackendAnswered;

/** Something about how the scheduler is used that a person may want to know. */
export interface BackendNoted {
  readonly type: "backend.noted";
  readonly message: string;
}

/** The scheduler does not answer: nothing is concluded from that, and it is asked again, less and less often. */
export interface BackendSilent {
  readonly type: "backend.silent";
  readonly message: string;
}

/** It answers again. */
export interface BackendAnswered {
  readonly type: "backend.answered";
}
