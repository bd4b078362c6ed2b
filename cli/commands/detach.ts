/**
 * `-d`: the ensemble goes on in a process of its own, in a session of its own, so that no logout ends it. Who started
 * it waits until the configuration has been accepted, and tells what is wrong with it otherwise.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, rmdirSync, unlinkSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { RunRequest } from "../arguments/request.js";
import { EXIT, statusOfSignal } from "../exit-status.js";
import { writeStderr } from "../output.js";
import { logOf, makeLogDirectory } from "../paths.js";
import type { Word } from "../views/background.js";
import { reportText } from "../views/report.js";

export const detach = async (request: RunRequest): Promise<number> => {
  const path = logOf(request.configuration);
  let log: Log;
  try {
    log = openLog(path);
  } catch (error) {
    writeStderr(`model_ensemble: the log cannot be written: ${(error as Error).message}\n`);
    return EXIT.storage;
  }
  // What the program prints there is for the log; with --json, its standard output stays the one that was given.
  const child = spawn(
    process.execPath,
    [...process.execArgv, process.argv[1] ?? "", "--in-background", ...process.argv.slice(2)],
    { detached: true, stdio: ["ignore", request.json ? "inherit" : log.fd, log.fd, "ipc"] },
  );
  const status = await verdict(child);
  if (status === EXIT.ok) {
    writeStderr(
      [
        `The ensemble goes on in the background: pid ${child.pid ?? 0}, log ${resolve(path)}`,
        `\`kill -INT ${child.pid ?? 0}\` stops it as Ctrl-C does: once to let runs end, twice to let go of them.`,
        "",
      ].join("\n"),
    );
    closeSync(log.fd);
  } else log.close();
  return status;
};

/** Waits for the first word on whether it runs. Ctrl-C takes back that it should. */
const verdict = (child: ChildProcess): Promise<number> =>
  new Promise((settle) => {
    const takenBack = (signal: NodeJS.Signals) => {
      child.kill("SIGTERM");
      settle(statusOfSignal(signal));
    };
    process.once("SIGINT", takenBack).once("SIGTERM", takenBack);
    child.on("message", (word: Word) => {
      if (word.type === "diagnostics") writeStderr(reportText(word.diagnostics));
      else if (word.type === "refused") writeStderr(`error: ${word.message}\n`);
      else {
        child.disconnect();
        child.unref();
        settle(EXIT.ok);
      }
    });
    child.on("error", (error) => {
      writeStderr(`model_ensemble: the background process could not be started: ${error.message}\n`);
      settle(EXIT.bug);
    });
    child.on("close", (status, signal) => settle(signal === null ? (status ?? EXIT.bug) : statusOfSignal(signal)));
  });

interface Log {
  readonly fd: number;
  /** Closes it. If nothing was written to it, it is as if it had never been opened. */
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
      if (made) rmdirEmpty(dirname(path));
    },
  };
};

const rmdirEmpty = (directory: string) => {
  try {
    rmdirSync(directory);
  } catch {
    // There is something in it, so it is to stay.
  }
};
