/** A user's command: where it runs, where its output goes, and how it ended. */
import { resolve } from "node:path";
import { defer, type Observable } from "rxjs";
import type { Place } from "../effects/effects.js";
import { Abandon } from "../events/failure.js";
import { type Arguments, flagIn, wordIn, wordOf } from "./argument.js";
import { type Ended, program } from "./program.js";
import type { Tools } from "./tools.js";

/** Runs what `check` and `execute` name through a shell, to its end. Fails as `not_started`, `storage` or `refused`. */
export const command = (tools: Tools, args: Arguments, place: Place, claim?: string): Observable<Ended> =>
  defer(() => {
    const cmd = wordOf("cmd", args.cmd);
    return program(tools, {
      file: wordIn(args, "shell") ?? tools.settings.shell,
      arguments: ["-c", cmd],
      directory: directoryOf(args, place),
      shown: cmd,
      log: flagIn(args, "log"),
      ...(claim !== undefined && { claim }),
    });
  });

/** `cwd`, which is relative to where the task belongs, or else that place itself. */
export const directoryOf = (args: Arguments, place: Place): string =>
  resolve(place.directory, wordIn(args, "cwd") ?? ".");

/** Fails for anything but exit status 0. */
export const demand = (reason: "command" | "check", ended: Ended): void => {
  if (ended.status !== 0) throw new Abandon({ reason, ...ended });
};
