/** `execute`: runs a command to its end. */
import { map, type Observable } from "rxjs";
import type { CheckResult, Place } from "../effects/effects.js";
import type { Arguments } from "./argument.js";
import { command, demandSuccess } from "./command.js";
import type { Tools } from "./tools.js";

/** Fails as `command` unless it ends with exit status 0. */
export const execute = (tools: Tools, args: Arguments, place: Place, claim?: string): Observable<CheckResult> =>
  command(tools, args, place, { ...(claim !== undefined && { claim }) }).pipe(
    map((ended) => {
      demandSuccess("command", ended);
      return { holds: true };
    }),
  );
