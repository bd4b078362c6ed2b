/** A private directory for the output of commands while they run. */
import { randomUUID } from "node:crypto";
import { accessSync, constants, existsSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Abandon } from "../events/failure.js";
import { failureAt } from "./files/errno.js";
import { bootId, processSpace, startTime } from "./processes/process-identity.js";

export interface Scratch {
  /** Not made yet; its name cannot be guessed. */
  readonly directory: string;
  /** Removes the directory. */
  unsubscribe(): void;
}

/** Also removes the directories of earlier processes that were killed. */
export const openScratch = (): Scratch => {
  const parent = temporaryDirectory();
  clearDead(parent);
  const directory = join(parent, `${prefixHere()}${process.pid}-${startTime(process.pid) ?? ""}-${randomUUID()}`);
  return { directory, unsubscribe: () => removeIfPossible(directory) };
};

/** `TMPDIR`, unless no file can be made there: batch systems set it to directories that only their nodes have. */
export const temporaryDirectory = (): string => [tmpdir(), "/tmp", "/var/tmp"].find(isUsable) ?? tmpdir();

const isUsable = (directory: string): boolean => {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return statSync(directory).isDirectory();
  } catch {
    return false;
  }
};

/**
 * Names the boot and the PID namespace: only there do a process id and its start time tell whether the process lives.
 * Another host, or a container, may use the same directory.
 */
const prefixHere = (): string => `model-ensembler-${bootId()}-${/\d+/.exec(processSpace())?.[0] ?? ""}-`;

const clearDead = (parent: string): void => {
  // Without both, nothing proves that a process is dead.
  if (bootId() === "" || processSpace() === "") return;
  const prefix = prefixHere();
  for (const name of namesIn(parent).filter((found) => found.startsWith(prefix))) {
    const [, pid, ticks] = /^(\d+)-(\d+)-/.exec(name.slice(prefix.length)) ?? [];
    if (pid === undefined || startTime(Number(pid)) === ticks) continue;
    const path = join(parent, name);
    if (isOwn(path)) removeIfPossible(path);
  }
};

const namesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};

/** Whether the path is a directory, and no link to one, of this user. */
const isOwn = (path: string): boolean => {
  try {
    const stats = lstatSync(path);
    return stats.isDirectory() && stats.uid === process.getuid?.();
  } catch {
    return false;
  }
};

const removeIfPossible = (directory: string): void => {
  try {
    rmSync(directory, { recursive: true, force: true });
  } catch {
    // A command that the program no longer watches may still write there. The system cleans up temporary files later.
  }
};

/**
 * Makes the directory if it is missing: an ensemble without commands needs none, and a cleaner of old temporary files
 * may remove it from an ensemble that runs for weeks. Only its owner can read it, because commands print private data.
 * Throws `Abandon`.
 */
export const needScratch = (directory: string): void => {
  if (existsSync(directory)) return;
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    throw new Abandon(failureAt(directory, error));
  }
};
