/** A private directory for the output of commands while they run. */
import { randomUUID } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Abandon } from "../../events/failure.js";
import { failureAt } from "./errno.js";

export interface Scratch {
  /** Not made yet; its name cannot be guessed. */
  readonly directory: string;
  /** Removes the directory. */
  unsubscribe(): void;
}

export const openScratch = (): Scratch => {
  const directory = join(temporaryDirectory(), `model-ensembler-${randomUUID()}`);
  const unsubscribe = () => {
    try {
      rmSync(directory, { recursive: true, force: true });
    } catch {
      // A command that the program no longer watches may still write there. The system cleans up temporary files later.
    }
  };
  return { directory, unsubscribe };
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
