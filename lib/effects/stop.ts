/** The contract of being told to stop. */
import type { Observable } from "rxjs";

/** What a person's Ctrl-C means: start nothing new; and, asked again, let go of everything. */
export interface Stop {
  /** Whether nothing new is to start. */
  draining(): boolean;
  /** Emits what told it to drain, when it does. */
  readonly drain$: Observable<string>;
  /** Emits what told it to let go, when it does. */
  readonly now$: Observable<string>;
}
