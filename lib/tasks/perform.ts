/** Performs one task, or tests a check once: each kind of task has its own file. */
import { defer, type Observable } from "rxjs";
import type { CheckResult, Place, WorldTask } from "../effects/effects.js";
import { argumentsOf } from "./argument.js";
import { checkTask } from "./check.js";
import { execute } from "./execute.js";
import { jobs } from "./jobs.js";
import { logName } from "./log-name.js";
import { openMove } from "./move/move.js";
import { quota } from "./quota.js";
import { remove } from "./remove.js";
import type { Tools } from "./tools.js";

/** Fails as `Abandon`. */
export const performer = (tools: Tools) => {
  const move = openMove(tools);
  return (task: WorldTask, place: Place, name: string): Observable<CheckResult> => {
    let log: string | undefined;
    return defer(() => {
      const args = argumentsOf(task.args, place.variables);
      const claim = tools.claims?.path(name);
      switch (task.name) {
        case "check":
          // All polls of a check share one log, which holds the output of the last poll.
          log ??= logName();
          return checkTask(tools, args, place, log);
        case "execute":
          return execute(tools, args, place, claim);
        case "jobs":
          return jobs(tools, args);
        case "quota":
          return quota(args);
        case "move":
          return move(args, place, claim);
        case "remove":
          return remove(tools, args, place);
      }
    });
  };
};
