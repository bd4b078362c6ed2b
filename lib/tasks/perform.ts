/** Does one task, or looks once whether one check holds: each task has a file of its own. */
import { defer, map, type Observable } from "rxjs";
import type { Look, Place, WorldTask } from "../effects.js";
import { resolved } from "../reference.js";
import { check } from "./check.js";
import { execute } from "./execute.js";
import { move } from "./move.js";
import { quota } from "./quota.js";
import { remove } from "./remove.js";
import type { Tools } from "./tools.js";

/** Fails as `Abandon`. */
export const performer =
  (tools: Tools) =>
  (task: WorldTask, place: Place): Observable<Look> =>
    defer(() => {
      switch (task.name) {
        case "check":
          return check(tools, resolved(task.args, place.variables), place);
        case "execute":
          return execute(tools, resolved(task.args, place.variables), place);
        case "jobs":
          return jobs(tools, resolved(task.args, place.variables));
        case "quota":
          return quota(tools, resolved(task.args, place.variables), place);
        case "move":
          return move(tools, resolved(task.args, place.variables), place);
        case "remove":
          return remove(tools, resolved(task.args, place.variables), place);
      }
    });

/** Holds while fewer than `limit` jobs whose names start with `match` are in the scheduler. */
const jobs = (tools: Tools, args: { readonly limit: unknown; readonly match: unknown }): Observable<Look> =>
  tools.backend.count$(String(args.match)).pipe(
    map((count): Look => {
      const limit = Number(args.limit);
      if (count < limit) return { holds: true };
      return { holds: false, because: `${count} jobs are in the scheduler, and ${limit} is the limit` };
    }),
  );
