/** Does what was asked for, and sees to it that the program ends well: status, output, and word of mistakes of ours. */

import type { Request } from "./arguments/request.js";
import { EXIT } from "./exit-status.js";
import { finishOutput, watchOutput, writeStderr } from "./output.js";
import { reportBug } from "./report-bug.js";

/** The commands are loaded when they are asked for: help should not wait for them. */
export const dispatch = async (request: Request, background = false): Promise<void> => {
  watchOutput();
  process.on("uncaughtException", (error) => {
    reportBug(error, request);
    process.exit(EXIT.bug);
  });
  try {
    const status = await runCommand(request, background);
    const complete = await finishOutput();
    process.exitCode = !complete && status === EXIT.ok ? EXIT.storage : status;
    // What nobody reads would keep the program from ending.
    if (!complete) process.exit();
  } catch (error) {
    reportBug(error, request);
    process.exitCode = EXIT.bug;
  }
};

const runCommand = async (request: Request, background: boolean): Promise<number> => {
  if ("configuration" in request && !standsSomewhere()) {
    writeStderr("error: the directory in which this was started is gone: change to one that is there\n");
    return EXIT.refused;
  }
  switch (request.command) {
    case "answer":
      if (request.status === EXIT.ok) process.stdout.write(request.text);
      else writeStderr(request.text);
      return request.status;
    case "run":
      return (await import("./commands/run.js")).run(request, background);
    case "validate":
      return (await import("./commands/validate.js")).validate(request);
    case "plan":
      return (await import("./commands/plan.js")).plan(request);
    case "check":
      return (await import("./commands/check.js")).check(request);
    case "status":
      return (await import("./commands/status.js")).status(request);
    case "replay":
      return (await import("./commands/replay.js")).replay(request);
    case "journal":
      return (await import("./commands/journal.js")).journal(request);
    case "cancel":
      return (await import("./commands/cancel.js")).cancel(request);
  }
};

/** Relative paths mean nothing in a directory that was removed while a shell stood in it. */
const standsSomewhere = (): boolean => {
  try {
    process.cwd();
    return true;
  } catch {
    return false;
  }
};
