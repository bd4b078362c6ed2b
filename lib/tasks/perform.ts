/** Performs one task, or tests a check once: each kind of task has its own file. */
import { defer, type Observable } from "rxjs";
import type { CheckResult, Place, WorldTask } from "../effects/effects.js";
import { argumentsOf } from "./argument.js";
import { checkTask } from "./check.js";
import { execute } from "./execute.js";
import { jobs } from "./jobs.js";
import { move } from "./move.js";
import { quota } from "./quota.js";
import { remove } from "./remove.js";
import type { Tools } from "./tools.js";

/** Fails as `Abandon`. */
export const performer =
  (tools: Tools) =>
  (task: WorldTask, place: Place, name: string): Observable<CheckResult> =>
    defer(() => {
      const args = argumentsOf(task.args, place.variables);
      const claim = tools.claims?.path(name);
      switch (task.name) {
        case "check":
          return checkTask(tools, args, place);
        case "execute":
          return execute(tools, args, place, claim);
        case "jobs":
          return jobs(tools, args);
        case "quota":
          return quota(args);
        case "move":
          return move(tools, args, place, claim);
        case "remove":
          return remove(tools, args, place);
      }
    });
