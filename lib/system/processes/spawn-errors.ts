/** Why a process could not be started, in words that tell what to look at. */
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { delimiter, dirname, resolve } from "node:path";
import type { Command } from "../../effects/process.js";
import { Abandon } from "../../events/failure.js";
import { codeOf, failureAt, messageOf } from "../files/errno.js";
import { TAKEN } from "./claims.js";

/** Node and the system blame the program for a directory that is missing, and for much else: it is told apart here. */
export const notStarted = (command: Command, error: unknown): Abandon => {
  const message = directoryProblem(command.directory) ?? passing(error) ?? programProblem(command);
  if (message === undefined && isAbout(error, command.output)) return new Abandon(failureAt(command.output, error));
  return new Abandon({
    reason: "not_started",
    command: shown(command),
    message: message ?? WORDS[codeOf(error) ?? ""] ?? messageOf(error),
  });
};

/** Nothing if it was claimed after all: then it was the command itself that ended as the shell would have. */
export const notClaimed = (command: Command, claim: string): Abandon | undefined => {
  try {
    accessSync(dirname(claim), constants.W_OK);
  } catch (error) {
    return new Abandon(failureAt(claim, error));
  }
  try {
    const text = readFileSync(claim, "latin1");
    // There was room for a name in the directory, and for nothing else.
    if (text === "") return new Abandon(failureAt(claim, FULL));
    if (!text.startsWith(TAKEN)) return undefined;
  } catch (error) {
    return new Abandon(failureAt(claim, codeOf(error) === "ENOENT" ? FULL : error));
  }
  return new Abandon({
    reason: "not_started",
    command: shown(command),
    message: "another instance has gone on with it",
  });
};

const FULL = Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });

/** What a person calls the command: a shell's is what the shell was given. */
const shown = ({ file, arguments: words }: Command): string =>
  words[0] === "-c" ? (words[1] ?? file) : [file, ...words].join(" ");

const WORDS: Readonly<Record<string, string>> = {
  // The program and its directory are there, as has been looked at.
  ENOENT: "the interpreter that its first line names is not there",
  E2BIG: "it is longer than the system takes",
  ENOMEM: "there is not enough memory",
  ENOEXEC: "it is not a program for this machine",
  ERR_INVALID_ARG_VALUE: "it holds a NUL character",
};

/** What has nothing to do with the command, and may be otherwise in a minute. */
const passing = (error: unknown): string | undefined => {
  const code = codeOf(error);
  if (code === "EAGAIN") return "there are too many processes (`ulimit -u` tells how many there may be)";
  if (code === "EMFILE") return "this program has too many files open (`ulimit -n` tells how many there may be)";
  return code === "ENFILE" ? "the system has too many files open" : undefined;
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

/** Looks where the system has looked: from the command's directory. */
export const programProblem = ({ file, directory }: Command): string | undefined => {
  const places = file.includes("/")
    ? [resolve(directory, file)]
    : (process.env.PATH ?? "").split(delimiter).map((folder) => resolve(directory, folder, file));
  let found: string | undefined;
  for (const place of places) {
    try {
      if (statSync(place).isDirectory()) continue;
      found = place;
      accessSync(place, constants.X_OK);
      return undefined;
    } catch {
      // The next place may have it.
    }
  }
  return found === undefined ? `there is no program ${file}` : `${found} is not executable`;
};

const isAbout = (error: unknown, path: string): boolean =>
  error instanceof Error && "path" in error && error.path === path;
