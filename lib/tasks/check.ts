/** `check`: holds when a command ends with exit status 0. */
import { catchError, map, type Observable, of, throwError } from "rxjs";
import type { CheckResult, Place } from "../effects/effects.js";
import { Abandon, explain } from "../events/failure.js";
import { type Arguments, flagIn } from "./argument.js";
import { command, demand } from "./command.js";
import type { Tools } from "./tools.js";

/** With `fail: true`, a check that does not hold fails at once, as `check`. */
export const checkTask = (tools: Tools, args: Arguments, place: Place): Observable<CheckResult> =>
  command(tools, args, place).pipe(
    map((ended): CheckResult => {
      if (ended.status === 0) return { holds: true };
      if (flagIn(args, "fail")) demand("check", ended);
      return notYet(explain({ reason: "command", ...ended }));
    }),
    catchError((error: unknown) => {
      // Its directory may yet be made, and a machine that is full may empty: whoever waits has time.
      const waits = error instanceof Abandon && error.failure.reason === "not_started" && !flagIn(args, "fail");
      return waits ? of(notYet(error.message)) : throwError(() => error);
    }),
  );

const notYet = (message: string): CheckResult => ({ holds: false, message });
