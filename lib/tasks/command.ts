/** One command of the user, as `check` and `execute` run it. */
import { defer, type Observable } from "rxjs";
import type { Place } from "../effects/effects.js";
import { Abandon } from "../events/failure.js";
import { reachedFrom } from "../system/files/real-path.js";
import { type Arguments, demandText, flagIn, textIn } from "./argument.js";
import { type Ended, type Program, program } from "./program.js";
import type { Tools } from "./tools.js";

/** Runs the command in a shell to its end. Fails as `not_started`, `storage` or `refused`. */
export const command = (
  tools: Tools,
  args: Arguments,
  place: Place,
  more: Pick<Program, "claim" | "logName">,
): Observable<Ended> =>
  defer(() => {
    const cmd = demandText("cmd", args.cmd);
    return program(tools, {
      file: textIn(args, "shell") ?? tools.settings.shell,
      arguments: ["-c", cmd],
      directory: directoryOf(args, place),
      shown: cmd,
      log: flagIn(args, "log"),
      ...more,
    });
  });

/** The task's working directory: its `cwd`, which starts at the directory of its place, or else that directory itself. */
export const directoryOf = (args: Arguments, place: Place): string =>
  reachedFrom(place.directory, textIn(args, "cwd") ?? ".");

/** Fails unless the exit status is 0. */
export const demandSuccess = (reason: "command" | "check", ended: Ended): void => {
  if (ended.status !== 0) throw new Abandon({ reason, ...ended });
};
