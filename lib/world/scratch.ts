/** A private directory for what commands print, and for nothing longer than they run. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Scratch {
  readonly directory: string;
  /** Removes it. */
  unsubscribe(): void;
}

/** Only its owner can read it: commands may print what others are not to see. */
export const openScratch = (): Scratch => {
  const directory = mkdtempSync(join(tmpdir(), "model-ensembler-"));
  return { directory, unsubscribe: () => rmSync(directory, { recursive: true, force: true }) };
};
