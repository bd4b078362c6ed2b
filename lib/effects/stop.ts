/** The contract of a stop: how the ensemble learns that it is to stop. */
import type { Observable } from "rxjs";

/** Ctrl-C starts nothing new (drain); a second one lets go of everything (now). */
export interface Stop {
  /** Whether nothing new is to start. */
  draining(): boolean;
  /** Emits what told the ensemble to drain: a signal's name, or a sentence. */
  readonly drain$: Observable<string>;
  /** Emits what told the ensemble to let go. */
  readonly now$: Observable<string>;
}
