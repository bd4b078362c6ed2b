/** `--fresh`: what was done before is put aside and not lost; but jobs that still run are lost sight of. */
import { existsSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { findJobs } from "../../lib/index.js";
import type { RunRequest } from "../arguments/request.js";
import { writeStderr } from "../output.js";
import { stateDirectoryOf } from "../paths.js";
import { count, printable } from "../views/format.js";

export const mayBeginAnew = async ({ configuration, stateDir, yes }: RunRequest): Promise<boolean> => {
  const directory = stateDirectoryOf(configuration, stateDir);
  if (!existsSync(directory)) return true;
  await warn(directory);
  if (yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    writeStderr("error: --fresh begins anew, and asks before it does; where nobody can answer, --yes does\n");
    return false;
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(`Put what ${directory} tells aside, and begin anew? [y/N] `);
  asking.close();
  return /^y(es)?$/i.test(answer.trim());
};

/** Jobs that the old ensemble has handed over go on without it. Those that wait find out that it is gone, and do nothing. */
const warn = async (directory: string): Promise<void> => {
  try {
    const found = await findJobs([directory], { all: true });
    if ("refused" in found || found.jobs === 0) return;
    const jobs = count(found.jobs, "job");
    writeStderr(
      `warning: ${jobs} of it may be in the queue still: \`model_ensemble cancel --all --state-dir ${printable(directory)}\` cancels them, before it is put aside\n`,
    );
  } catch {
    // That its journal cannot be read is one more reason to begin anew.
  }
};
