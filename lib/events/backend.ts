/** The events about the scheduler as a whole, a part of the union in `event.ts`. */

export type BackendNotice = BackendNoted | BackendSilent | BackendAnswered;

/** A remark for the user on how the program uses the scheduler. */
export interface BackendNoted {
  readonly type: "backend.noted";
  readonly message: string;
}

/** The scheduler does not answer. The program concludes nothing about jobs, and polls less and less often. */
export interface BackendSilent {
  readonly type: "backend.silent";
  readonly message: string;
}

/** The scheduler answers again. */
export interface BackendAnswered {
  readonly type: "backend.answered";
}
