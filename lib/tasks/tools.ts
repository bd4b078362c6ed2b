/** The dependencies of tasks. */
import type { Backend } from "../effects/backend.js";
import type { Spawn } from "../effects/process.js";
import type { Ensemble } from "../plan/plan.js";
import type { Settings } from "../plan/settings.js";
import type { Trash } from "../system/files/trash.js";
import type { Claims } from "../system/processes/claims.js";

export interface Tools {
  readonly plan: Ensemble;
  readonly settings: Settings;
  readonly backend: Backend;
  /** Whether jobs only take time, and therefore leave no results. */
  readonly simulated?: boolean;
  readonly spawn: Spawn;
  /** A private directory for the output of commands. */
  readonly scratch: string;
  /** What deletes directories. */
  readonly trash: Trash;
  /** The claims of commands; absent if no later start can read them. */
  readonly claims?: Claims;
}
