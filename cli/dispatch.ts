/** The dispatcher: runs the requested command, flushes the outputs, sets the exit status, and reports bugs. */
import type { Request } from "./arguments/request.js";
import { outliveTerminal } from "./closed-terminal.js";
import { EXIT } from "./exit-status.js";
import { finishOutput, watchOutput, writeStderr } from "./output.js";
import { reportBug } from "./report-bug.js";

/** Each command is loaded on demand, so that `--help` does not wait for it. */
export const dispatch = async (request: Request, background = false): Promise<void> => {
  watchOutput();
  outliveTerminal();
  process.on("uncaughtException", (error) => {
    reportBug(error, request);
    process.exit(EXIT.bug);
  });
  try {
    const status = await runCommand(request, background);
    const complete = await finishOutput();
    process.exitCode = !complete && status === EXIT.ok ? EXIT.storage : status;
    // Unread output would keep the program from ending.
    if (!complete) process.exit();
  } catch (error) {
    reportBug(error, request);
    process.exitCode = EXIT.bug;
  }
};

const runCommand = async (request: Request, background: boolean): Promise<number> => {
  if (request.command !== "answer" && !workingDirectoryExists()) {
    writeStderr("error: the current directory no longer exists: change to one that does\n");
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

/** A shell may still be in a directory that another process has removed. Relative paths mean nothing there. */
const workingDirectoryExists = (): boolean => {
  try {
    process.cwd();
    return true;
  } catch {
    return false;
  }
};
