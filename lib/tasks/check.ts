/** `check`: holds when a command ends with exit status 0. */
import { catchError, map, type Observable, of, throwError } from "rxjs";
import type { CheckResult, Place } from "../effects/effects.js";
import { Abandon, explain, shortageOf } from "../events/failure.js";
import { type Arguments, flagIn } from "./argument.js";
import { command, demandSuccess } from "./command.js";
import type { Tools } from "./tools.js";

/** With `fail: true`, a check that does not hold fails at once as `check`. */
export const checkTask = (tools: Tools, args: Arguments, place: Place, logName: string): Observable<CheckResult> =>
  command(tools, args, place, { logName }).pipe(
    map((ended): CheckResult => {
      if (ended.status === 0) return { holds: true };
      if (flagIn(args, "fail")) demandSuccess("check", ended);
      return notYet(explain({ reason: "command", ...ended }));
    }),
    catchError((error: unknown) => {
      // The directory may be made later, and a full disk or machine may become free: a check can wait. With `fail: true`, it
      // waits only for room: that says nothing about what it checks.
      const canWait =
        error instanceof Abandon &&
        ((error.failure.reason === "not_started" && !flagIn(args, "fail")) || shortageOf(error.failure) !== undefined);
      return canWait ? of(notYet(error.message)) : throwError(() => error);
    }),
  );

const notYet = (message: string): CheckResult => ({ holds: false, message });
