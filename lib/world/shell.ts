/** Starting processes. Each leads a process group of its own, and unsubscribing ends the whole group. */
import { type ChildProcess, spawn as start } from "node:child_process";
import { closeSync, openSync, statSync } from "node:fs";
import { Observable } from "rxjs";
import type { Command, ProcessEvent, Spawn } from "../effects.js";
import { Abandon } from "../failure.js";
import { codeOf, failureAt, messageOf } from "./errors.js";

/** How long a group that was asked to end may take before it is killed. */
const GRACE_MS = 5000;

/** The leaders of all groups that are still alive. */
const alive = new Set<number>();

/**
 * Runs a command. Its output goes to a file by descriptor: a gigabyte of it costs this program nothing, and a command
 * that outlives this program is not ended by writing to it. A background child does not delay the command's end.
 */
export const spawn: Spawn = (command) =>
  new Observable<ProcessEvent>((subscriber) => {
    let child: ChildProcess;
    try {
      child = started(command);
    } catch (error) {
      subscriber.error(notStarted(command, error));
      return undefined;
    }
    const { pid } = child;
    let ended = false;
    child.once("error", (error) => {
      ended = true;
      subscriber.error(notStarted(command, error));
    });
    child.once("exit", (status, signal) => {
      ended = true;
      if (pid !== undefined) {
        alive.delete(pid);
        if (command.sweep) signalGroup(pid, "SIGKILL");
      }
      subscriber.next({ type: "ended", status, signal });
      subscriber.complete();
    });
    if (pid === undefined) return undefined;
    alive.add(pid);
    subscriber.next({ type: "started", pid });
    return () => {
      if (!ended) endGroup(pid, child);
    };
  });

/** Kills every group that is still alive. For the last moment of the program: nothing waits for them any more. */
export const endEverything = (): void => {
  for (const pid of alive) signalGroup(pid, "SIGKILL");
  alive.clear();
};

const started = ({ file, arguments: words, directory, output }: Command): ChildProcess => {
  const descriptor = openSync(output, "a", 0o666);
  try {
    return start(file, words, { cwd: directory, detached: true, stdio: ["ignore", descriptor, descriptor] });
  } finally {
    closeSync(descriptor);
  }
};

/** SIGTERM, and after a while SIGKILL to what is left. The timer does not keep the program from ending. */
const endGroup = (pid: number, child: ChildProcess) => {
  signalGroup(pid, "SIGTERM");
  const killing = setTimeout(() => signalGroup(pid, "SIGKILL"), GRACE_MS);
  killing.unref();
  // A stopped process has to go on to be ended.
  signalGroup(pid, "SIGCONT");
  child.once("exit", () => {
    clearTimeout(killing);
    signalGroup(pid, "SIGKILL");
  });
};

const signalGroup = (pid: number, signal: NodeJS.Signals) => {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing of the group is left (ESRCH), or what is left is no longer ours (EPERM).
  }
};

/** Node reports a missing directory as if the program were missing: told apart here. */
const notStarted = ({ file, arguments: words, directory, output }: Command, error: unknown): Abandon => {
  const command = words.length > 0 && words[0] === "-c" ? (words[1] ?? file) : [file, ...words].join(" ");
  const code = codeOf(error);
  if (error instanceof Error && "path" in error && error.path === output) return new Abandon(failureAt(output, error));
  if (code === "ENOENT" && !isDirectory(directory)) {
    return new Abandon({ reason: "not_started", command, message: `there is no directory ${directory}` });
  }
  if (code === "ENOENT") return new Abandon({ reason: "not_started", command, message: `there is no program ${file}` });
  if (code === "EAGAIN") {
    return new Abandon({ reason: "not_started", command, message: "the system has no room for another process" });
  }
  return new Abandon({ reason: "not_started", command, message: `${file}: ${messageOf(error)}` });
};

const isDirectory = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
};
