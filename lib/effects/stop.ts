/** The contract of a stop: how the ensemble is told to stop. */
import type { Observable } from "rxjs";

/** At the first Ctrl-C, the ensemble drains: it starts nothing new. At the second, it lets go of everything now. */
export interface Stop {
  /** Whether the ensemble is to start nothing new. */
  draining(): boolean;
  /** Emits what told the ensemble to drain: a signal's name, or a sentence. */
  readonly drain$: Observable<string>;
  /** Emits what told the ensemble to let go. */
  readonly now$: Observable<string>;
}
