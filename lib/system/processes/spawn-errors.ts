/** Failures of processes that could not be started, in words that tell the user what to look at. */
import { accessSync, constants, readFileSync, statSync, unlinkSync } from "node:fs";
import { delimiter, dirname, resolve } from "node:path";
import type { Command } from "../../effects/process.js";
import { Abandon } from "../../events/failure.js";
import { codeOf, failureAt, messageOf } from "../files/errno.js";
import { noexecMount } from "../files/noexec.js";
import { UNCLAIMED } from "./claim-shell.js";
import { startsCommand, TAKEN } from "./claims.js";
import { headOf, interpreterProblem } from "./first-line.js";

/** Finds the true cause: Node and the system blame the program for a missing directory, and for much else. */
export const notStarted = (command: Command, error: unknown): Abandon => {
  const problem = directoryProblem(command.directory);
  const machine = problem === undefined ? machineProblem(error) : undefined;
  const message = problem ?? machine ?? programProblem(command);
  const file = [command.output, command.errors].find((path) => path !== undefined && isAbout(error, path));
  if (message === undefined && file !== undefined) return new Abandon(failureAt(file, error));
  return new Abandon({
    reason: "not_started",
    command: shown(command),
    message: message ?? WORDS[codeOf(error) ?? ""] ?? messageOf(error),
    ...(machine !== undefined && { code: codeOf(error) ?? "" }),
  });
};

/**
 * The failure of a shell that did not start the command, and whose claim is free again if there was no room. Undefined
 * if the command itself ended with this exit status.
 */
export const notClaimed = (command: Command, claim: string, { pid, status }: EndedShell): Abandon | undefined => {
  try {
    accessSync(dirname(claim), constants.W_OK);
  } catch (error) {
    return new Abandon(failureAt(claim, error));
  }
  try {
    const text = readFileSync(claim, "latin1");
    if (!text.startsWith(TAKEN)) {
      if (text !== "" && (startsCommand(text) || !text.startsWith(`${pid} `))) return undefined;
      unlinkSync(claim);
      // The file system had room for the name, but not for the content; or the shell could not become two processes.
      return status === UNCLAIMED ? new Abandon(failureAt(claim, FULL)) : notStarted(command, NO_PROCESS);
    }
  } catch (error) {
    return new Abandon(failureAt(claim, codeOf(error) === "ENOENT" ? FULL : error));
  }
  return new Abandon({
    reason: "not_started",
    command: shown(command),
    message: "another instance of the program has resumed it",
  });
};

/** A shell that has ended. */
interface EndedShell {
  readonly pid: number;
  readonly status: number;
}

const NO_PROCESS = Object.assign(new Error("EAGAIN"), { code: "EAGAIN" });
const FULL = Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });

/** The command as the user wrote it, without the shell that runs it. */
const shown = ({ file, arguments: args }: Command): string =>
  args[0] === "-c" ? (args[1] ?? file) : [file, ...args].join(" ");

const WORDS: Readonly<Record<string, string>> = {
  // The program, its interpreter and its directory exist: that was checked before.
  ENOENT: "a file that the system needs to start it does not exist",
  E2BIG: "it is longer than the system allows",
  ENOEXEC: "it is not a program for this machine",
  ERR_INVALID_ARG_VALUE: "it holds a NUL character",
};

/** A cause that has nothing to do with the command, and may be gone in a minute. */
const machineProblem = (error: unknown): string | undefined => {
  const code = codeOf(error);
  if (code === "EAGAIN") return "too many processes are running (`ulimit -u` shows the limit)";
  if (code === "EMFILE") return "this program has too many files open (`ulimit -n` shows the limit)";
  return code === "ENFILE" || code === "ENOMEM" ? messageOf(error) : undefined;
};

const directoryProblem = (directory: string): string | undefined => {
  try {
    if (!statSync(directory).isDirectory()) return `${directory} is not a directory`;
    accessSync(directory, constants.X_OK);
    return undefined;
  } catch (error) {
    return codeOf(error) === "ENOENT"
      ? `there is no directory ${directory}`
      : `its directory ${directory} cannot be entered: ${messageOf(error)}`;
  }
};

/** Looks for the program as the system does, from the command's directory. */
export const programProblem = ({ file, directory }: Command): string | undefined => {
  const candidates = file.includes("/")
    ? [resolve(directory, file)]
    : (process.env.PATH ?? "").split(delimiter).map((folder) => resolve(directory, folder, file));
  let found: string | undefined;
  for (const candidate of candidates) {
    try {
      if (statSync(candidate).isDirectory()) continue;
      found = candidate;
      accessSync(candidate, constants.X_OK);
      return interpreterProblem(headOf(candidate), directory);
    } catch {
      // The next directory may have the program.
    }
  }
  return found === undefined ? `there is no program ${file}` : `${found} ${whyNotExecutable(found)}`;
};

/** Why an existing file is not executable. */
export const whyNotExecutable = (path: string): string => {
  const mount = noexecMount(path);
  return mount === undefined
    ? "is not executable"
    : `cannot be executed: the file system ${mount} is mounted with the option noexec`;
};

const isAbout = (error: unknown, path: string): boolean =>
  error instanceof Error && "path" in error && error.path === path;
