/**
 * `-d`: runs the ensemble in a background process with its own session, so that no logout ends it. The foreground
 * process waits until the background process accepts the configuration, or prints why it is refused.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, rmdirSync, unlinkSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { RunRequest } from "../arguments/request.js";
import { EXIT, statusOfSignal } from "../exit-status.js";
import { logOf, makeLogDirectory } from "../log-path.js";
import { writeStderr } from "../output.js";
import type { BackgroundMessage } from "../views/background.js";
import { reportText } from "../views/report.js";

export const detach = async (request: RunRequest): Promise<number> => {
  const path = logOf(request);
  let log: Log;
  try {
    log = openLog(path);
  } catch (error) {
    writeStderr(`model_ensemble: cannot write the log: ${(error as Error).message}\n`);
    return EXIT.storage;
  }
  // The child writes stderr and stdout to the log; with --json, its stdout is the stdout of this process.
  const child = spawn(
    process.execPath,
    [...process.execArgv, process.argv[1] ?? "", "--in-background", ...process.argv.slice(2)],
    { detached: true, stdio: ["ignore", request.json ? "inherit" : log.fd, log.fd, "ipc"] },
  );
  const status = await statusOfStart(child);
  if (status === EXIT.ok) {
    writeStderr(
      [
        `The ensemble runs in the background: pid ${child.pid ?? 0}, log ${resolve(path)}`,
        `\`kill -INT ${child.pid ?? 0}\` stops it as Ctrl-C does: once to wait for runs in progress, twice to interrupt them.`,
        "",
      ].join("\n"),
    );
    closeSync(log.fd);
  } else log.close();
  return status;
};

/** Waits until the child accepts the configuration or ends. Ctrl-C ends the child. */
const statusOfStart = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => {
    const abort = (signal: NodeJS.Signals) => {
      child.kill("SIGTERM");
      resolve(statusOfSignal(signal));
    };
    process.once("SIGINT", abort).once("SIGTERM", abort);
    child.on("message", (message: BackgroundMessage) => {
      if (message.type === "diagnostics") writeStderr(reportText(message.diagnostics));
      else if (message.type === "refused") writeStderr(`error: ${message.message}\n`);
      else {
        child.disconnect();
        child.unref();
        resolve(EXIT.ok);
      }
    });
    child.on("error", (error) => {
      writeStderr(`model_ensemble: cannot start the background process: ${error.message}\n`);
      resolve(EXIT.bug);
    });
    child.on("close", (status, signal) => resolve(signal === null ? (status ?? EXIT.bug) : statusOfSignal(signal)));
  });

interface Log {
  readonly fd: number;
  /** Closes the log. Removes an empty log, and then its directory if `openLog` made the directory. */
  close(): void;
}

const openLog = (path: string): Log => {
  const made = makeLogDirectory(path);
  const fd = openSync(path, "a");
  return {
    fd,
    close: () => {
      if (fstatSync(fd).size === 0) unlinkSync(path);
      closeSync(fd);
      if (made) removeIfEmpty(dirname(path));
    },
  };
};

const removeIfEmpty = (directory: string) => {
  try {
    rmdirSync(directory);
  } catch {
    // The directory is not empty.
  }
};
