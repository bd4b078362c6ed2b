/** A private directory for what commands print, and for nothing longer than they run. */
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Abandon } from "../../events/failure.js";
import { failureAt } from "./errno.js";

export interface Scratch {
  /** It is not there yet, and nobody can guess its name. */
  readonly directory: string;
  /** Removes it. */
  unsubscribe(): void;
}

export const openScratch = (): Scratch => {
  const directory = join(tmpdir(), `model-ensembler-${randomUUID()}`);
  const unsubscribe = () => {
    try {
      rmSync(directory, { recursive: true, force: true });
    } catch {
      // A command that was let go of may still be writing there. The system clears its temporary files some day.
    }
  };
  return { directory, unsubscribe };
};

/**
 * Makes it where it is not there: an ensemble without commands needs none, and what cleans up after old files takes it
 * away from one that runs for weeks. Only its owner can read it: commands print what others are not to see.
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
