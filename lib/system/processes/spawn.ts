/** Starts processes: each leads its own process group, and unsubscribing ends the whole group. */
import { type ChildProcess, spawn as start } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { Observable } from "rxjs";
import type { Command, ProcessEvent, Spawn } from "../../effects/process.js";
import { claiming } from "./claim-shell.js";
import { endingOf } from "./exit-status.js";
import { endGroup, groupStarted, leaderEnded } from "./process-groups.js";
import { notClaimed, notStarted, programProblem } from "./spawn-errors.js";

export { killEveryGroup } from "./process-groups.js";

/**
 * Runs a command. The command writes its output to a file by descriptor: a gigabyte of output costs this program
 * nothing, and a command that outlives this program can go on writing. A background child does not delay the end.
 * Fails as `not_started`, or as `directory` or `storage` if the output file cannot be opened.
 *
 * This is Node's `spawn`, not execa: a run starts three commands, and execa takes twice the time.
 */
export const spawn: Spawn = (command) =>
  new Observable<ProcessEvent>((subscriber) => {
    const failed = (error: unknown) => subscriber.error(notStarted(command, error));
    let child: ChildProcess;
    try {
      child = startChild(command);
    } catch (error) {
      failed(error);
      return;
    }
    const { pid } = child;
    if (pid === undefined) {
      child.once("error", failed);
      return;
    }
    if (!command.stays) groupStarted(pid, command.claim === undefined ? undefined : () => child.unref());
    child.once("exit", (status, signal) => {
      // A shell that was killed records no end: its command must not run on unseen.
      leaderEnded(pid, (command.sweep ?? false) || (command.claim !== undefined && signal !== null));
      const problem = command.claim === undefined ? undefined : shellFailure(command, command.claim, { pid, status });
      if (problem !== undefined) return subscriber.error(problem);
      const ending = command.claim === undefined ? { status, signal } : endingOf(status, signal);
      subscriber.next({ type: "ended", ...ending });
      subscriber.complete();
    });
    subscriber.add(() => (command.stays ? child.unref() : endGroup(pid)));
    subscriber.next({ type: "started", pid });
  });

/** The failure of a command that the shell around it did not start. */
const shellFailure = (
  command: Command,
  claim: string,
  { pid, status }: { readonly pid: number; readonly status: number | null },
) => {
  if (status === null || status === 0) return undefined;
  // The shell's exit statuses for a program that it could not start; a program may end with them as well.
  if ((status === 126 || status === 127) && programProblem(command) !== undefined)
    return notStarted(command, undefined);
  return notClaimed(command, claim, { pid, status });
};

const startChild = (command: Command): ChildProcess => {
  const { directory, output, errors = output, claim } = command;
  const {
    file,
    arguments: args,
    environment: env = process.env,
  } = claim === undefined ? command : claiming(command, claim);
  const opened: number[] = [];
  const open = (path: string): number => {
    const descriptor = openSync(path, APPENDING, 0o666);
    opened.push(descriptor);
    return descriptor;
  };
  try {
    const out = open(output);
    const err = errors === output ? out : open(errors);
    return start(file, args, { cwd: directory, detached: true, stdio: ["ignore", out, err], env });
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
};

/** No symbolic link is followed: its target is a file that the user never named for output. */
const APPENDING = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
