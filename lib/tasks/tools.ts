/** What tasks work with. */
import type { Backend, Spawn } from "../effects/effects.js";
import type { Ensemble, Settings } from "../plan/plan.js";
import type { Claims } from "../system/processes/claims.js";

export interface Tools {
  readonly plan: Ensemble;
  readonly settings: Settings;
  readonly backend: Backend;
  readonly spawn: Spawn;
  /** A private directory for what commands print. */
  readonly scratch: string;
  /** Where commands leave a trace; absent where nobody will look for it. */
  readonly claims?: Claims;
}
